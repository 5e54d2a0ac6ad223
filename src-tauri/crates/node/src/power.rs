//! What the computer runs on, as far as the system says it.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use twinline_model::view::Power;

/// Whoever knows what the computer runs on.
pub trait PowerSource: Debug + Send + Sync {
    /// What it runs on now.
    fn power(&self) -> Power;
}

/// This computer's own system: on Linux the kernel's list of supplies, elsewhere nobody is asked yet.
#[derive(Clone, Debug)]
pub struct SystemPower {
    folder: Option<PathBuf>,
}

impl Default for SystemPower {
    fn default() -> Self {
        let linux = cfg!(target_os = "linux");
        Self { folder: linux.then(|| PathBuf::from("/sys/class/power_supply")) }
    }
}

impl SystemPower {
    /// A list of supplies that lies in another folder.
    pub fn listed_in(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }
}

impl PowerSource for SystemPower {
    /// As systemd judges it (`on_ac_power`): a supply that is plugged in, else a battery that is being emptied. Batteries of
    /// a mouse or a headset count for nothing (sysfs-class-power: `type`, `online`, `status`, `scope`).
    fn power(&self) -> Power {
        let Some(folder) = &self.folder else { return Power::Unknown };
        let Ok(supplies) = std::fs::read_dir(folder) else { return Power::Unknown };
        let mut emptied = false;
        for supply in supplies.flatten().map(|entry| entry.path()) {
            let says = |name: &str| {
                let text = std::fs::read_to_string(supply.join(name)).unwrap_or_default();
                text.trim().to_owned()
            };
            if says("scope") == "Device" {
                continue;
            }
            match says("type").as_str() {
                "Battery" => emptied |= says("status") == "Discharging",
                // One that is plugged in says 1, or 2 where it can be chosen among several.
                _ if matches!(says("online").as_str(), "1" | "2") => return Power::Mains,
                _ => {}
            }
        }
        if emptied { Power::Battery } else { Power::Mains }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of supplies: name, and what its files say.
    fn listed(supplies: &[(&str, &[(&str, &str)])]) -> Power {
        let folder = tempfile::tempdir().unwrap();
        for (name, files) in supplies {
            let supply = folder.path().join(name);
            std::fs::create_dir(&supply).unwrap();
            for (file, text) in *files {
                std::fs::write(supply.join(file), format!("{text}\n")).unwrap();
            }
        }
        SystemPower::listed_in(folder.path()).power()
    }

    #[test]
    fn a_laptop_on_its_battery_is_told_from_everything_else() {
        let mains = |online| ("AC", [("type", "Mains"), ("online", online)]);
        let battery = |status| ("BAT0", [("type", "Battery"), ("status", status)]);
        let both = |online, status| {
            let ((a, ac), (b, bat)) = (mains(online), battery(status));
            listed(&[(a, &ac), (b, &bat)])
        };
        assert_eq!(both("0", "Discharging"), Power::Battery);
        assert_eq!(both("1", "Charging"), Power::Mains);
        assert_eq!(both("1", "Discharging"), Power::Mains, "plugged in, and too weak");
        assert_eq!(both("1", "Not charging"), Power::Mains);
        let usb: &[_] = &[("type", "USB"), ("online", "1")];
        assert_eq!(
            listed(&[("ucsi", usb), ("BAT0", &[("type", "Battery"), ("status", "Discharging")])]),
            Power::Mains
        );
        let (name, files) = battery("Discharging");
        assert_eq!(listed(&[(name, &files)]), Power::Battery, "no supply is listed at all");
        let mouse: &[_] = &[("type", "Battery"), ("status", "Discharging"), ("scope", "Device")];
        assert_eq!(listed(&[("hidpp", mouse)]), Power::Mains, "a mouse");
        assert_eq!(listed(&[]), Power::Mains, "a computer without a battery");
    }

    #[test]
    fn where_the_system_says_nothing_nothing_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(SystemPower::listed_in(&folder.path().join("none")).power(), Power::Unknown);
        assert_eq!(SystemPower { folder: None }.power(), Power::Unknown);
    }
}
