//! The store's list of its tables, checked before the library reads it.
//!
//! The file `current` names the file with the list, and has its checksum: the number of the list
//! (8 bytes), XXH3 with 128 bits (16), the kind of checksum (1, zero), little-endian. The library
//! writes the checksum but does not compare it. A damaged count in the list makes it take more memory
//! than there is, which ends the process; a damaged sequence number of a table would hide entries.

use std::fs;
use std::io;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

/// The file that is replaced with each new list.
pub(crate) const CURRENT: &str = "current";

/// What is wrong with the list of the store in `folder`, if there is a store and something is.
pub(crate) fn damage(folder: &Path) -> io::Result<Option<String>> {
    let Some(current) = read(&folder.join(CURRENT))? else { return Ok(None) };
    let Ok(current) = <[u8; 25]>::try_from(&current[..]) else {
        return Ok(Some(format!("its file {CURRENT} has {} bytes instead of 25", current.len())));
    };
    let number = u64::from_le_bytes(current[..8].try_into().expect("eight bytes"));
    let Some(list) = read(&folder.join(format!("v{number}")))? else {
        return Ok(Some(format!("its file v{number} is missing")));
    };
    let is_whole = current[24] == 0 && xxh3_128(&list).to_le_bytes() == current[8..24];
    Ok((!is_whole).then(|| format!("its file v{number} has a wrong checksum")))
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
