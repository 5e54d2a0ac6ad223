//! The operations by name: what is routed is also what the site can say that it serves.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, post, put};

use super::Api;

/// Routes below `/rest/api/N`, and their names.
#[derive(Default)]
pub(super) struct Table {
    pub router: Router<Api>,
    /// Method and path of each.
    pub names: Vec<(&'static str, &'static str)>,
}

impl Table {
    fn add(mut self, method: &'static str, path: &'static str, route: MethodRouter<Api>) -> Self {
        self.names.push((method, path));
        self.router = self.router.route(path, route);
        self
    }

    pub fn get<H: Handler<T, Api>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("GET", path, get(handler))
    }

    pub fn post<H: Handler<T, Api>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("POST", path, post(handler))
    }

    pub fn put<H: Handler<T, Api>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("PUT", path, put(handler))
    }

    pub fn delete<H: Handler<T, Api>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("DELETE", path, delete(handler))
    }

    /// A `POST` whose body may be of any size.
    pub fn upload<H: Handler<T, Api>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.add("POST", path, post(handler).layer(DefaultBodyLimit::disable()))
    }
}
