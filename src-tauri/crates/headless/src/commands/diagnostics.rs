//! `twinline-node diagnostics`: what helps to find a defect, to be read before it is saved.

use std::io::{self, Write as _};

use twinline_node::Diagnostics;
use twinline_node::words::say;

use crate::args::Diagnostics as Args;
use crate::{Failure, print};

/// Writes the bundle, or shows what is in it. Nothing is sent.
pub fn run(bundle: &Diagnostics, args: Args, json: bool) -> Result<(), Failure> {
    let view = bundle.view();
    let mut out = io::stdout().lock();
    if let Some(file) = &args.out {
        bundle.save_as(file)?;
        let file = file.display().to_string();
        match json {
            true => print::json(&mut out, &serde_json::json!({ "file": file }))?,
            false => print::line(&mut out, &say("cli-diagnostics-saved", &[("file", &file)]))?,
        }
        return Ok(());
    }
    if json {
        print::json(&mut out, &view)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> =
        view.files.iter().map(|file| vec![file.name.clone(), file.size.to_string()]).collect();
    print::table(&mut out, &["cli-col-file", "cli-col-bytes"], &rows, "cli-none-files")?;
    for file in &view.files {
        writeln!(out)?;
        print::line(&mut out, &format!("== {} ==", file.name))?;
        for line in file.text.lines() {
            // Blanks at the beginning are kept: they show what belongs together.
            writeln!(out, "{}", print::plain(line))?;
        }
    }
    Ok(())
}
