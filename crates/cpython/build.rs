//! Lets test binaries find the libpython that they were linked with; without this they may load
//! another one. The extension module does not link it at all, so this does not touch it.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
