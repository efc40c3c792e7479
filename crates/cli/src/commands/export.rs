//! `anabranch export`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anabranch_maintenance::size::entities;

use crate::arguments::ExportArguments;
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &ExportArguments) -> Result<i32, Failure> {
    let source = source::named(&arguments.source)?;
    let bar = output::counter("entities");
    let mut progress = |count| bar.set_position(count);
    if arguments.file == Path::new("-") {
        let mut target = output::Stream::new();
        let exported = source.export(&mut target, &mut progress);
        bar.finish_and_clear();
        return target.end(exported.map(|_| ()).map_err(Failure::from));
    }
    let shown = arguments.file.display();
    // An older export is not overwritten, nor is what is not complete taken for one.
    let partial = arguments.file.with_added_extension("partial");
    if arguments.file.exists() {
        let message = format!("{shown} exists already; name another file, or remove it");
        return Err(Failure::Message(message));
    }
    let cannot = |error: std::io::Error| Failure::Message(format!("cannot write {shown}: {error}"));
    let mut file = BufWriter::new(File::create(&partial).map_err(cannot)?);
    let exported = source.export(&mut file, &mut progress);
    bar.finish_and_clear();
    let count = match exported {
        Ok(count) => count,
        Err(error) => {
            // It is of no use, and nothing can be done if it stays.
            let _ = std::fs::remove_file(&partial);
            return Err(error.into());
        }
    };
    let finished = file.flush().and_then(|()| file.get_ref().sync_all());
    finished.and_then(|()| std::fs::rename(&partial, &arguments.file)).map_err(cannot)?;
    output::note(&format!("exported {} to {shown}", entities(count)));
    Ok(0)
}
