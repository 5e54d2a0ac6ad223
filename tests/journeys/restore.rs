//! D5: a database that is not the one of yesterday. Nobody has to repair anything.

mod copies;
mod damage;
mod set_back;
