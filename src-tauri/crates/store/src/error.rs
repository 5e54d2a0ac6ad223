//! What can go wrong, as far as a caller can act on it.

use rusqlite::ErrorCode;
use twinline_model::problem::ProblemCode;

/// What the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A newer version of the app wrote this database.
    #[error("the database was written by a newer version{}", .written_by.as_deref().map(|v| format!(" ({v})")).unwrap_or_default())]
    Newer {
        /// Which version, if it can still be read.
        written_by: Option<String>,
    },
    /// Not a database, not ours, or damaged.
    #[error("the database is damaged or not one of ours: {detail}")]
    Corrupt {
        /// What was found.
        detail: String,
    },
    /// Another program holds the database for longer than the time-out.
    #[error("another program is using the database")]
    Busy,
    /// No room on the disk.
    #[error("the disk is full")]
    Full,
    /// The file cannot be opened, read or written.
    #[error("the database file cannot be used: {detail}")]
    Unusable {
        /// What the system says.
        detail: String,
    },
    /// A row that this version cannot read.
    #[error("a row of table {table} cannot be read: {detail}")]
    Row {
        /// Where it stands.
        table: &'static str,
        /// What does not fit.
        detail: String,
    },
    /// The row that was to be changed is not there.
    #[error("no such row in table {table}")]
    Missing {
        /// Where it was looked for.
        table: &'static str,
    },
    /// A number too large to be kept (above 2^63 - 1).
    #[error("the number {0} is too large")]
    Number(u64),
    /// A rule of the schema forbids it: twice the same, or something that is still referred to.
    #[error("the schema forbids it: {detail}")]
    Constraint {
        /// Which rule.
        detail: String,
    },
    /// Anything else, a defect of ours.
    #[error("the database refuses: {0}")]
    Sql(rusqlite::Error),
}

impl StoreError {
    /// It concerns the rows that were asked for, and none beside them: whoever goes on without those can go on.
    pub fn is_of_one_row(&self) -> bool {
        matches!(self, Self::Row { .. } | Self::Missing { .. } | Self::Number(_) | Self::Constraint { .. })
    }

    /// The problem that people see for it.
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Newer { .. } => ProblemCode::DataNewer,
            Self::Full => ProblemCode::DiskFull,
            Self::Unusable { .. } => ProblemCode::FolderUnusable,
            _ => ProblemCode::Database,
        }
    }

    /// An error met while reading a row of `table`.
    pub(crate) fn in_row(table: &'static str, error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error {
            E::FromSqlConversionFailure(..) | E::IntegralValueOutOfRange(..) | E::InvalidColumnType(..) => {
                Self::Row { table, detail: error.to_string() }
            }
            other => other.into(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Corrupt { detail },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure
                | ErrorCode::AuthorizationForStatementDenied,
            ) => Self::Unusable { detail },
            Some(ErrorCode::ConstraintViolation) => Self::Constraint { detail },
            _ => Self::Sql(error),
        }
    }
}
