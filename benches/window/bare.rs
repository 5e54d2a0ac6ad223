//! The floor: a program that is nothing but GTK and WebKit.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::desktop::Desktop;

/// The built program.
pub struct Bare(PathBuf);

impl Bare {
    /// Builds it with the C compiler that Rust links with as well.
    pub fn build() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/window/bare.c");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare-webkit");
        let asked = Command::new("pkg-config").args(["--cflags", "--libs", "webkit2gtk-4.1"]).output();
        let flags = String::from_utf8(asked.expect("apt-get install pkg-config").stdout).unwrap();
        let mut cc = Command::new("cc");
        cc.arg("-O2").arg(source).arg("-o").arg(&program).args(flags.split_whitespace());
        // Its old way of passing messages is deprecated, and the only one that WebKit 2.38 has as well.
        let built = cc.arg("-Wno-deprecated-declarations").status().expect("a C compiler");
        assert!(built.success(), "bare.c cannot be built: apt-get install libwebkit2gtk-4.1-dev");
        Self(program)
    }

    /// Starts it: with a window around an empty page, or without one.
    pub fn start(&self, desktop: &Desktop, window: bool) -> Running {
        let mut command = desktop.command(&self.0);
        // As the app sets it for itself.
        command.arg(if window { "window" } else { "none" }).env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }
}

/// The program as it runs; it ends with this value.
pub struct Running(Child);

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// When its page was painted, µs since 1970.
    pub fn painted(&mut self) -> i64 {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim().parse().expect("the empty window was painted")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
