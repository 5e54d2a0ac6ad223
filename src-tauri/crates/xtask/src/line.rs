//! A way between two programs on this computer that takes its time, counts what passes, and breaks off when it is told to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::tool::Failed;

const PIECE: usize = 16 * 1024;
/// Pieces that are on their way at once.
const ON_THE_WAY: usize = 64;
/// Each request of an exchange begins so.
const QUESTION: &[u8] = b"POST /v1/connections/";

/// How long bytes take.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    /// In each direction; opening a connection takes both.
    pub delay: Duration,
    /// In each direction of each connection; `None`: as many as come.
    pub bytes_per_s: Option<u32>,
}

/// Passes everything on to one port.
pub struct Line {
    /// Where it is called.
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    shape: Mutex<Shape>,
    open: Mutex<Vec<TcpStream>>,
    questions: AtomicU64,
    answered: AtomicU64,
}

impl Line {
    /// Listens for as long as this program runs.
    pub fn start(target: u16, shape: Shape) -> Result<Self, Failed> {
        let bound = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| Ok((l.local_addr()?.port(), l)));
        let (port, listener) =
            bound.map_err(|e| Failed(format!("No port is free on this computer: {e}.")))?;
        let state = Arc::new(State { shape: Mutex::new(shape), ..State::default() });
        let line = Self { port, state: state.clone() };
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let state = state.clone();
                // A connection that ends early is the affair of its two ends.
                thread::spawn(move || state.carry(&caller, target).ok());
            }
        });
        Ok(line)
    }

    /// From the next connection on.
    pub fn set(&self, shape: Shape) {
        *lock(&self.state.shape) = shape;
    }

    /// Requests of exchanges that came by.
    pub fn questions(&self) -> u64 {
        self.state.questions.load(Ordering::Relaxed)
    }

    /// Bytes of answers that arrived.
    pub fn answered(&self) -> u64 {
        self.state.answered.load(Ordering::Relaxed)
    }

    /// Cuts every connection, whatever is on its way.
    pub fn break_off(&self) {
        for end in lock(&self.state.open).drain(..) {
            // Gone already: all the better.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl State {
    fn carry(self: &Arc<Self>, caller: &TcpStream, target: u16) -> std::io::Result<()> {
        let shape = *lock(&self.shape);
        thread::sleep(shape.delay * 2);
        let callee = TcpStream::connect(("127.0.0.1", target))?;
        for end in [caller, &callee] {
            end.set_nodelay(true)?;
            lock(&self.open).push(end.try_clone()?);
        }
        let (ask, asked) = sync_channel(ON_THE_WAY);
        let (answer, answered) = sync_channel(ON_THE_WAY);
        let (mut from, to, counting) = (caller.try_clone()?, callee.try_clone()?, self.clone());
        thread::spawn(move || {
            let mut seen = Vec::new();
            take(&mut from, &ask, |bytes| counting.count_questions(&mut seen, bytes));
        });
        thread::spawn(move || give(&to, &asked, shape, |_| {}));
        let mut from = callee;
        thread::spawn(move || take(&mut from, &answer, |_| {}));
        give(caller, &answered, shape, |count| {
            self.answered.fetch_add(count, Ordering::Relaxed);
        });
        Ok(())
    }

    /// Counts the heads in what comes, also one that comes in two pieces.
    fn count_questions(&self, seen: &mut Vec<u8>, bytes: &[u8]) {
        seen.extend_from_slice(bytes);
        let count = seen.windows(QUESTION.len()).filter(|window| *window == QUESTION).count();
        self.questions.fetch_add(count as u64, Ordering::Relaxed);
        let rest = seen.len().saturating_sub(QUESTION.len() - 1);
        seen.drain(..rest);
    }
}

type Piece = (Instant, Vec<u8>);

/// Reads until the end, and notes when each piece came.
fn take(from: &mut TcpStream, line: &SyncSender<Piece>, mut seen: impl FnMut(&[u8])) {
    let mut buffer = vec![0; PIECE];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        seen(&buffer[..count]);
        if line.send((Instant::now(), buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

/// Writes each piece when its time has come, and the end after the last.
fn give(mut to: &TcpStream, line: &Receiver<Piece>, shape: Shape, mut given: impl FnMut(u64)) {
    let mut free = Instant::now();
    while let Ok((came, bytes)) = line.recv() {
        let takes = shape.bytes_per_s.map_or(0.0, |rate| bytes.len() as f64 / f64::from(rate));
        free = free.max(came) + Duration::from_secs_f64(takes);
        thread::sleep((free + shape.delay).saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
        given(bytes.len() as u64);
    }
    // The other end hears of it, and the thread that reads for this one as well.
    let _ = to.shutdown(Shutdown::Write);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each connection's first bytes with `answer`, and hangs up.
    fn echo(answer: Vec<u8>) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            for mut caller in listener.incoming().map_while(Result::ok) {
                let mut head = [0; 1024];
                let _ = caller.read(&mut head);
                let _ = caller.write_all(&answer);
            }
        });
        port
    }

    fn ask(line: &Line, words: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut caller = TcpStream::connect(("127.0.0.1", line.port))?;
        caller.write_all(words)?;
        let mut answer = Vec::new();
        caller.read_to_end(&mut answer)?;
        Ok(answer)
    }

    #[test]
    fn it_carries_everything_takes_its_time_and_counts() {
        let answer: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let shape = Shape { delay: Duration::from_millis(20), bytes_per_s: Some(1_000_000) };
        let line = Line::start(echo(answer.clone()), shape).expect("a line");
        let begun = Instant::now();
        assert_eq!(ask(&line, b"POST /v1/connections/1/exchange").expect("an answer"), answer);
        // Opening it (40 ms), there and back (40 ms), 100 kB at 1 MB/s (100 ms): never faster.
        assert!(begun.elapsed() >= Duration::from_millis(180), "{:?}", begun.elapsed());
        assert_eq!((line.questions(), line.answered()), (1, 100_000));
        line.set(Shape::default());
        ask(&line, b"GET /v1/twinline").expect("an answer");
        assert_eq!(line.questions(), 1);
    }

    #[test]
    fn a_head_in_two_pieces_is_one() {
        let (state, mut seen) = (State::default(), Vec::new());
        for bytes in [&b"xxPOST /v1/conn"[..], b"ections/a POST /v1/connec", b"tions/b", b"POST /v1/"] {
            state.count_questions(&mut seen, bytes);
        }
        assert_eq!(state.questions.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_is_broken_off_ends_early() {
        let slow = Shape { bytes_per_s: Some(100_000), ..Shape::default() };
        let line = Line::start(echo(vec![7; 10_000_000]), slow).expect("a line");
        let mut caller = TcpStream::connect(("127.0.0.1", line.port)).expect("connected");
        caller.write_all(b"x").expect("asked");
        let mut first = [0; 1];
        caller.read_exact(&mut first).expect("it begins");
        line.break_off();
        let mut rest = Vec::new();
        let _ = caller.read_to_end(&mut rest);
        assert!(rest.len() < 9_000_000, "{}", rest.len());
    }
}
