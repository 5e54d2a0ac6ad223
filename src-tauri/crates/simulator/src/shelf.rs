//! Databases that a run is through with, for the next run of the thread: what makes a database dear is not its rows but the
//! statements that are prepared over it, and those stay when it becomes another image.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use twinline_store::Store;

thread_local! {
    static SHELF: RefCell<Vec<Arc<Store>>> = const { RefCell::new(Vec::new()) };
}

/// A database that goes back to the shelf when it is dropped.
pub struct Borrowed(Arc<Store>);

/// A database in the state of an image, whatever it was used for before.
pub fn take(image: &[u8]) -> Borrowed {
    let used = SHELF.with_borrow_mut(Vec::pop);
    let store = match used {
        Some(store) => {
            store.become_image(image).expect("a state can be put back");
            store
        }
        None => Arc::new(Store::from_image(image).expect("a state can be opened")),
    };
    Borrowed(store)
}

impl Deref for Borrowed {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.0
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // What a panic went through is not used again.
        if !std::thread::panicking() {
            // At the end of a thread there is no shelf any more.
            let _ = SHELF.try_with(|shelf| shelf.borrow_mut().push(self.0.clone()));
        }
    }
}
