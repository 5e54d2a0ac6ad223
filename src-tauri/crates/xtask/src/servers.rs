//! Other people's servers for the journeys: real reverse proxies. Debian's packages, unpacked below the target folder and not
//! installed: a package of a server would start it on this computer.

use std::path::Path;
use std::process::Command;

use crate::setup;
use crate::tool::{self, Failed, Tool, fail, on_path};

/// Packages, each with a program of the same name.
const SERVERS: [&str; 2] = ["nginx", "caddy"];

/// Sees to it that the journeys find them.
pub fn ensure(tool: &Tool, speak: bool) -> Result<(), Failed> {
    let folder = tool.target.join("servers");
    let missing: Vec<&str> = SERVERS.into_iter().filter(|name| !is_there(name, &folder)).collect();
    if missing.is_empty() {
        if speak {
            println!("Servers for the journeys: {} are there.", SERVERS.join(" and "));
        }
        return Ok(());
    }
    if !on_path("apt-get") || !on_path("dpkg-deb") {
        println!(
            "This is not a Debian: install yourself {}, which the journeys start.",
            missing.join(" and ")
        );
        return Ok(());
    }
    println!("Fetching, without installing them: {}", missing.join(" "));
    fetch(tool, &folder, &missing).map_err(|failed| {
        let list = missing.join(" and ");
        Failed(format!("Debian's packages of {list}, which the journeys start, cannot be fetched: {failed}"))
    })
}

fn is_there(name: &str, folder: &Path) -> bool {
    // Those of an administrator are not on everybody's path.
    let elsewhere = ["/usr/sbin", "/usr/local/sbin"].map(|place| Path::new(place).join(name));
    let unpacked = ["usr/sbin", "usr/bin"].map(|place| folder.join(place).join(name));
    on_path(name) || elsewhere.iter().chain(&unpacked).any(|file| file.is_file())
}

/// With all that they need and this computer lacks, and without being root.
fn fetch(tool: &Tool, folder: &Path, packages: &[&str]) -> Result<(), Failed> {
    let archives = folder.join("archives");
    let made = std::fs::create_dir_all(archives.join("partial"));
    made.map_err(|e| Failed(format!("{} cannot be made: {e}.", archives.display())))?;
    let download = || {
        let mut apt = tool.command("apt-get");
        apt.args(["-q", "-o", "Debug::NoLocking=true", "-o"]);
        apt.arg(format!("Dir::Cache::archives={}", archives.display()));
        apt.args(["install", "--download-only", "--no-install-recommends", "-y"]).args(packages);
        tool::output("apt-get install --download-only", &mut apt)
    };
    // Where nothing was installed before, as in a fresh image, nobody has asked yet which packages there are.
    if download().is_err() {
        setup::refresh_lists(tool)?;
        download()?;
    }
    let files = tool::files_below(&archives);
    let packages: Vec<_> = files.iter().filter(|f| f.extension().is_some_and(|e| e == "deb")).collect();
    if packages.is_empty() {
        return fail("apt-get fetched nothing.".to_owned());
    }
    for package in packages {
        let mut unpack: Command = tool.command("dpkg-deb");
        tool::output("dpkg-deb", unpack.arg("-x").arg(package).arg(folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_unpacked_is_not_fetched_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = "no-server-has-this-name";
        assert!(!is_there(name, folder.path()));
        std::fs::create_dir_all(folder.path().join("usr/sbin")).expect("a folder");
        std::fs::write(folder.path().join("usr/sbin").join(name), "x").expect("written");
        assert!(is_there(name, folder.path()));
        assert!(is_there("sh", folder.path()), "the system's own will do");
    }
}
