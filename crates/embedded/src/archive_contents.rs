//! The tables of contents of the store's files, looked at before the library reads them.
//!
//! Each table, each file of large values and the manifest is an archive (crate `sfa`, version 1): at its
//! end is a trailer of 38 bytes, `SFA!`, version (1), kind of checksum (0), checksum of the contents
//! (16 bytes), their place and their length (8 each); the contents are `TOC!`, the count of sections
//! (4) and 18 bytes and a name for each. The library takes memory for as many sections as the count
//! says before it compares the checksum: one flipped bit, and it asks for 80 GB, which ends the
//! process. All other damage it finds itself.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const TRAILER_BYTES: u64 = 38;
const TRAILER_BEGIN: [u8; 6] = *b"SFA!\x01\x00";
const CONTENTS_BEGIN: [u8; 4] = *b"TOC!";
const SECTION_BYTES_MIN: u64 = 18;

/// What is wrong with the contents of a file of the store in `folder`, if something is.
pub(crate) fn damage(folder: &Path) -> io::Result<Option<String>> {
    let mut files = vec![folder.join("manifest")];
    for inner in ["tables", "blobs"] {
        files.extend(files_in(&folder.join(inner))?);
    }
    for path in files {
        match has_plausible_count(&path) {
            Ok(true) => {}
            Ok(false) => {
                let name = path.strip_prefix(folder).unwrap_or(&path).display();
                return Ok(Some(format!("its file {name} has a damaged table of contents")));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether the archive at `path` has room for as many sections as it says. What is no archive at all
/// takes no memory.
fn has_plausible_count(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let Some(trailer_place) = file.metadata()?.len().checked_sub(TRAILER_BYTES) else {
        return Ok(true);
    };
    let trailer: [u8; TRAILER_BYTES as usize] = read_at(&mut file, trailer_place)?;
    let place = u64::from_le_bytes(trailer[22..30].try_into().expect("eight bytes"));
    let room = trailer_place.checked_sub(place).and_then(|room| room.checked_sub(8));
    let (true, Some(room)) = (trailer.starts_with(&TRAILER_BEGIN), room) else { return Ok(true) };
    let begin: [u8; 8] = read_at(&mut file, place)?;
    let count = u32::from_le_bytes(begin[4..].try_into().expect("four bytes"));
    Ok(!begin.starts_with(&CONTENTS_BEGIN) || u64::from(count) * SECTION_BYTES_MIN <= room)
}

fn read_at<const BYTES: usize>(file: &mut File, place: u64) -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive with one section of four bytes, whose contents say that there are `count`.
    fn archive(count: u32) -> Vec<u8> {
        let mut bytes = b"abcdTOC!".to_vec();
        bytes.extend(count.to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend([1, 0, b'a']);
        let length = bytes.len() as u64 - 4;
        bytes.extend(TRAILER_BEGIN);
        bytes.extend([7; 16]);
        bytes.extend(4_u64.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes
    }

    fn damage_with(file: &str, bytes: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        fs::write(folder.path().join(file), bytes).unwrap();
        damage(folder.path()).unwrap()
    }

    #[test]
    fn a_count_beyond_the_file_is_damage() {
        assert_eq!(damage_with("blobs/3", &archive(1)), None);
        for file in ["manifest", "tables/12", "blobs/3"] {
            let problem = damage_with(file, &archive(1 << 31)).unwrap();
            assert_eq!(problem, format!("its file {file} has a damaged table of contents"));
        }
    }

    #[test]
    fn what_the_library_refuses_itself_is_left_to_it() {
        let whole = archive(1 << 31);
        for length in 0..whole.len() {
            assert_eq!(damage_with("tables/1", &whole[..length]), None, "{length} bytes");
        }
        let mut elsewhere = whole.clone();
        let place = whole.len() - 16;
        elsewhere[place + 7] = 0xff;
        assert_eq!(damage_with("tables/1", &elsewhere), None);
    }
}
