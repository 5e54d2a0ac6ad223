//! The rules of Basic mode as text: what a connection begins with that is upgraded to Script mode.

/// What leaves in Basic mode. `internal_comments`: those of a service project leave as well.
pub fn basic_outgoing(internal_comments: bool) -> String {
    let comments =
        if internal_comments { "issue.comments" } else { "issue.comments.filter(|c| !c.internal)" };
    format!(
        "// Outgoing: what leaves. Each line names one thing; delete a line and it stays at home.\n\
         replica.summary     = issue.summary;\n\
         replica.description = issue.description;\n\
         replica.type        = issue.type;\n\
         replica.comments    = {comments};\n\
         replica.attachments = issue.attachments;\n"
    )
}

/// What is written here in Basic mode.
pub fn basic_incoming() -> String {
    "// Incoming: what is written here. Each line names one thing; delete a line and it stays as it is.\n\
     issue.summary     = replica.summary;\n\
     issue.description = replica.description;\n\
     issue.type        = mirror(replica.type);   // the same name, else the default type, else Task\n\
     issue.comments    = replica.comments;\n\
     issue.attachments = replica.attachments;\n"
        .to_owned()
}
