//! The functions and fields that rules have, and their names.

use std::any::TypeId;
use std::collections::BTreeSet;

use rhai::{Dynamic, FuncRegistration, Module, RhaiNativeFunc, Shared, Variant};

/// Functions, fields and kinds of value, while they are gathered.
#[derive(Default)]
pub(crate) struct Library {
    module: Module,
    names: BTreeSet<String>,
}

impl Library {
    /// A function. It must not change what it is given.
    pub(crate) fn function<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        name: &str,
        function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) {
        self.names.insert(name.to_owned());
        FuncRegistration::new(name).with_purity(true).set_into_module(&mut self.module, function);
    }

    /// A function that changes its first value.
    pub(crate) fn changing<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        name: &str,
        function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) {
        self.names.insert(name.to_owned());
        FuncRegistration::new(name).with_purity(false).set_into_module(&mut self.module, function);
    }

    /// A field to read.
    pub(crate) fn field<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        name: &str,
        get: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) {
        self.names.insert(name.to_owned());
        FuncRegistration::new_getter(name).set_into_module(&mut self.module, get);
    }

    /// A field to assign. `shared`: what it belongs to is shared, so that a constant takes it as well.
    pub(crate) fn assign<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        name: &str,
        shared: bool,
        set: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) {
        self.names.insert(name.to_owned());
        FuncRegistration::new_setter(name).with_purity(shared).set_into_module(&mut self.module, set);
    }

    /// What `[ ]` gives.
    pub(crate) fn index<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        get: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
    ) {
        FuncRegistration::new_index_getter().set_into_module(&mut self.module, get);
    }

    /// What a kind of value is called.
    pub(crate) fn kind<T: Variant + Clone>(&mut self, name: &str) {
        self.module.set_custom_type::<T>(name);
    }

    /// What `for … in` goes through.
    pub(crate) fn through<T: Variant + Clone>(&mut self, each: fn(T) -> Box<dyn Iterator<Item = Dynamic>>) {
        self.module.set_iter(TypeId::of::<T>(), move |value| each(value.cast::<T>()));
    }

    /// Done: what an engine takes, and the names.
    pub(crate) fn done(mut self) -> (Shared<Module>, BTreeSet<String>) {
        self.module.build_index();
        (self.module.into(), self.names)
    }
}
