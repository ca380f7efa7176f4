//! Where the app was started from: macOS forgets permissions that are given to an app on a disk image or in a translocated
//! place, because it is another app the next time.

/// The place of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// One where it can stay.
    #[default]
    Settled,
    /// A volume of this name: a disk image, or a disk that can be ejected.
    Volume(String),
    /// A read-only copy that macOS makes of an app that was downloaded and not moved since (App Translocation).
    Translocated,
}

impl Place {
    /// The place of the program at `path`, an absolute path. Only an app's bundle can be in a wrong one.
    pub fn of(path: &str) -> Self {
        if !path.contains(".app/Contents/MacOS/") {
            return Self::Settled;
        }
        if path.contains("/AppTranslocation/") {
            return Self::Translocated;
        }
        match path.strip_prefix("/Volumes/").and_then(|rest| rest.split_once('/')) {
            Some((volume, _)) => Self::Volume(volume.into()),
            None => Self::Settled,
        }
    }

    /// What is wrong and what to do about it, in whole sentences; `None` where nothing is.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Settled => None,
            Self::Volume(name) => Some(format!(
                "Tawk was started from “{name}”, a disk image or a disk that can be ejected, and macOS will not remember its \
                 permissions there. Quit Tawk, drag it into the Applications folder in the Finder, and start it from there."
            )),
            Self::Translocated => Some(
                "macOS runs a temporary copy of Tawk, because it was not moved since it was downloaded, and will not remember \
                 the copy's permissions. Quit Tawk, drag it in the Finder from where you downloaded it into the Applications \
                 folder, and start it from there."
                    .into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_known_by_its_path() {
        let app = "Tawk.app/Contents/MacOS/tawk-app";
        for (folder, place) in [
            ("/Applications/", Place::Settled),
            ("/Users/a/Applications/", Place::Settled),
            ("/Users/a/Volumes/", Place::Settled),
            ("/Volumes/Tawk/", Place::Volume("Tawk".into())),
            ("/Volumes/Tawk 0.1 1/", Place::Volume("Tawk 0.1 1".into())),
            ("/Volumes/Backup/Apps/", Place::Volume("Backup".into())),
            ("/private/var/folders/x1/abc/T/AppTranslocation/0A1B-22/d/", Place::Translocated),
            ("/private/var/folders/x1/abc/X/AppTranslocation/0A1B-22/d/", Place::Translocated),
        ] {
            assert_eq!(Place::of(&format!("{folder}{app}")), place, "{folder}");
        }
        // A developer's own disk.
        assert_eq!(Place::of("/Volumes/Work/tawk/target/debug/tawk-app"), Place::Settled);
        assert_eq!(Place::of(""), Place::Settled);
    }

    #[test]
    fn each_wrong_place_has_its_own_advice() {
        assert_eq!(Place::Settled.advice(), None);
        let volume = Place::Volume("Tawk 0.1".into()).advice().unwrap();
        let copy = Place::Translocated.advice().unwrap();
        assert!(volume.contains("“Tawk 0.1”") && volume != copy);
        assert!([volume, copy].iter().all(|advice| advice.contains("Applications") && advice.ends_with('.')));
    }
}
