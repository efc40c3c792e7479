//! `anabranch keys`

use anabranch_maintenance::keys::{shown, shown_as_json};
use anabranch_maintenance::source::WantedKeys;

use crate::arguments::{KeysArguments, ShowFormat};
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &KeysArguments) -> Result<i32, Failure> {
    let wanted = WantedKeys {
        class: arguments.class.clone(),
        prefix: arguments.prefix.clone(),
        limit: arguments.limit,
    };
    let mut target = output::Stream::new();
    let listed = source::named(&arguments.source)?.keys(&wanted, &mut |key| {
        let text = match arguments.format {
            ShowFormat::Table => shown(key),
            ShowFormat::Json => shown_as_json(key),
        };
        target.line(&text).map_err(anabranch_maintenance::Error::File)
    });
    target.end(listed.map_err(Failure::from))
}
