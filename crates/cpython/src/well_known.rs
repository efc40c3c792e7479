//! Python objects that are needed again and again, imported once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

macro_rules! well_known {
    ($($name:ident = $module:literal, $attribute:literal;)*) => {
        $(
            #[doc = concat!("`", $module, ".", $attribute, "`")]
            pub(crate) fn $name(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
                static CELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
                CELL.import(py, $module, $attribute)
            }
        )*
    };
}

well_known! {
    ast_parse = "ast", "parse";
    ast_walk = "ast", "walk";
    builtins_compile = "builtins", "compile";
    builtins_exec = "builtins", "exec";
    builtins_sum = "builtins", "sum";
    date = "datetime", "date";
    date_time = "datetime", "datetime";
    time = "datetime", "time";
    time_delta = "datetime", "timedelta";
    timezone = "datetime", "timezone";
    zone_info = "zoneinfo", "ZoneInfo";
    decimal = "decimal", "Decimal";
    uuid = "uuid", "UUID";
    enum_class = "enum", "Enum";
    dataclass_missing = "dataclasses", "MISSING";
    dataclass_getstate = "dataclasses", "_dataclass_getstate";
    deepcopy = "copy", "deepcopy";
    pickle_dumps = "pickle", "dumps";
    pickle_loads = "pickle", "loads";
    modules = "sys", "modules";
    extract_traceback = "traceback", "extract_tb";
    format_exception = "traceback", "format_exception";
    method = "types", "MethodType";
    wrapper_descriptor = "types", "WrapperDescriptorType";
    registered_entity_class = "anabranch._registry", "entity_class";
    transaction_values = "anabranch._transaction_values", "TransactionValues";
    stand_in_for = "anabranch._stand_ins", "stand_in_for";
    rewrite_emitted = "anabranch._substitution", "rewrite_emitted";
    prepare_modules = "anabranch._substitution", "prepare";
    stored_stand_in = "anabranch.migration", "Stored";
    run_path = "runpy", "run_path";
    correct_traceback = "anabranch._tracebacks", "correct";
    restore_traceback = "anabranch._tracebacks", "restore";
    suspension_dumps = "anabranch._suspension", "dumps";
    suspension_enum_member = "anabranch._suspension", "enum_member";
    suspension_failing_part = "anabranch._suspension", "failing_part";
    suspension_prepare = "anabranch._suspension", "prepare";
    suspension_reduce_other = "anabranch._suspension", "reduce_other";
    named_objects = "anabranch._suspension", "named";
    live_entity = "anabranch._native", "live_entity";
    take_attributes = "anabranch._native", "take_attributes";
    unbound = "anabranch._native", "unbound";
    driver_read = "anabranch._driver", "read";
    driver_write = "anabranch._driver", "write";
}
