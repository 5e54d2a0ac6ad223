//! `ui/src/bindings.ts` must be what the Rust commands say.
//! Rewrite it with: UPDATE_BINDINGS=1 cargo test --test bindings

use std::path::Path;

#[test]
fn bindings_are_current() {
    let stored_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/bindings.ts");
    let fresh_path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bindings.ts");
    twinline::export_bindings(&fresh_path).expect("every type has a TypeScript form");
    let fresh = std::fs::read_to_string(&fresh_path).expect("just written");
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&stored_path, &fresh).expect("ui/src is writable");
    }
    let stored = std::fs::read_to_string(&stored_path).unwrap_or_default();
    assert!(stored == fresh, "ui/src/bindings.ts is stale: UPDATE_BINDINGS=1 cargo test --test bindings");
}
