//! Embeds the built UI into the binary.

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    // `generate_context!` embeds ui/dist and fails when it is missing; a fresh clone may `cargo check` before `npm run build`.
    let page = Path::new("ui/dist/index.html");
    if !page.exists() {
        std::fs::create_dir_all("ui/dist")?;
        std::fs::write(page, "<!doctype html><title>UI not built</title><p>Run: npm --prefix ui run build")?;
    }
    // The macro tracks only the files that it embedded before.
    println!("cargo:rerun-if-changed=ui/dist");
    tauri_build::build();
    Ok(())
}
