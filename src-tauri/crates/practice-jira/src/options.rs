//! What a site is started with.

use std::path::PathBuf;

/// How a practice site is to be.
#[derive(Clone, Default)]
pub struct Options {
    /// Name of the site: `acme`, `globex`, or any other.
    pub site: String,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where to keep the state; none keeps it in memory (and attachments in a folder that goes away).
    pub data: Option<PathBuf>,
    /// How many issues a new site starts with.
    pub seed_issues: u32,
    /// How many issues of the list that every site starts with are left out, so that two sites differ.
    pub seed_after: u32,
    /// Each API answer comes this much later.
    pub latency_ms: u64,
    /// Whether Jira's rate limits are applied.
    pub limits: bool,
    /// The API token all people of this site use; none makes a random one.
    pub token: Option<String>,
    /// Projects of a new site; none takes those that belong to the site's name.
    pub projects: Option<Vec<ProjectSpec>>,
    /// Largest attachment in bytes; none is 1 GB as on newer sites.
    pub upload_limit: Option<u64>,
    /// Folder for recordings of what is asked and answered; none takes it from `PRACTICE_JIRA_RECORD`, if that is set.
    pub record: Option<PathBuf>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("site", &self.site)
            .field("port", &self.port)
            .field("data", &self.data)
            .field("seed_issues", &self.seed_issues)
            .finish_non_exhaustive()
    }
}

/// A project of a new site.
#[derive(Debug, Clone, Default)]
pub struct ProjectSpec {
    /// Key, such as `SUP`.
    pub key: String,
    /// Name that people see.
    pub name: String,
    /// Names of its issue types; *Epic* and *Sub-task* have their own level.
    pub types: Vec<String>,
    /// Default issue type of its issue type scheme, if it has one.
    pub default_type: Option<String>,
    /// Permissions that Ana does not have here, such as `CREATE_ISSUES`.
    pub ana_lacks: Vec<String>,
    /// A service project: its agents can write internal comments.
    pub service: bool,
}

impl ProjectSpec {
    /// A project in which everybody may do everything.
    pub fn new(key: &str, name: &str, types: &[&str], default_type: Option<&str>) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            types: types.iter().map(|&t| t.to_owned()).collect(),
            default_type: default_type.map(str::to_owned),
            ana_lacks: Vec::new(),
            service: false,
        }
    }
}

/// The projects that belong to a site's name.
pub(crate) fn projects_of(site: &str) -> Vec<ProjectSpec> {
    const ALL: [&str; 5] = ["Task", "Bug", "Improvement", "Epic", "Sub-task"];
    match site {
        "acme" => vec![
            ProjectSpec::new("SUP", "Support", &ALL, None),
            ProjectSpec::new("OPS", "Operations", &ALL, Some("Task")),
        ],
        "globex" => {
            let types = ["Task", "Bug", "Improvement", "Sub-task"];
            let lacks = [
                "CREATE_ISSUES",
                "EDIT_ISSUES",
                "ADD_COMMENTS",
                "CREATE_ATTACHMENTS",
                "DELETE_ISSUES",
                "EDIT_OWN_COMMENTS",
                "EDIT_ALL_COMMENTS",
                "DELETE_OWN_COMMENTS",
                "DELETE_ALL_COMMENTS",
                "DELETE_OWN_ATTACHMENTS",
                "DELETE_ALL_ATTACHMENTS",
            ];
            let mut read_only = ProjectSpec::new("RO", "Read only", &types, None);
            read_only.ana_lacks = lacks.iter().map(|&p| p.to_owned()).collect();
            vec![ProjectSpec::new("GX", "Globex Support", &types, Some("Task")), read_only]
        }
        _ => vec![ProjectSpec::new("DEMO", "Demo", &ALL, Some("Task"))],
    }
}
