//! Files in memory that fail where they are told to, for tests of whatever uses a log.
//!
//! What a power failure leaves is as bad as the contract of [`crate::files`] allows: of each sector
//! that was written since the last sync, any of the versions written or the one before; of a file's
//! length, the old or the new one; of names, any subset of what was done to them. A sync that fails
//! is as bad as on Linux: what it should have written counts as written from then on, though the
//! disk may not have it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::files::{Access, File, Files};

/// What reaches a disk as a whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails with this error, and does nothing.
    Fail(io::ErrorKind),
    /// A write stops somewhere and fails; a sync fails after it may have written anything. Other
    /// operations fail and do nothing.
    FailHalfway(io::ErrorKind),
    /// The power goes before the operation. All operations fail from then on.
    PowerLoss,
}

/// When something goes wrong: at the operation with this number, counted from zero. Only operations
/// that change something count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub operation: u64,
    pub fault: Fault,
}

/// A folder of files in memory.
#[derive(Clone)]
pub struct MemoryFiles {
    disk: Arc<Mutex<Disk>>,
}

struct Disk {
    random: SplitMix,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// What was done to names since the folder was synced: each entry is one step.
    name_steps: Vec<Vec<(String, Option<usize>)>>,
    contents: Vec<Content>,
    operations: u64,
    plan: Option<Plan>,
    is_read_only: bool,
    /// In bytes of all files; writing beyond fails.
    capacity: usize,
    has_power: bool,
}

/// A file's bytes.
#[derive(Clone, Default)]
struct Content {
    current: Vec<u8>,
    durable: Vec<u8>,
    /// The versions of each sector that were written since the last sync, in order.
    pending: BTreeMap<usize, Vec<Vec<u8>>>,
}

/// The generator SplitMix64.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.number() % bound as u64) as usize
    }
}

impl MemoryFiles {
    /// An empty folder. The seed decides about everything that is left to chance.
    pub fn new(seed: u64) -> Self {
        let disk = Disk {
            random: SplitMix::new(seed),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_steps: Vec::new(),
            contents: Vec::new(),
            operations: 0,
            plan: None,
            is_read_only: false,
            capacity: usize::MAX,
            has_power: true,
        };
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// The same, to be given to a log.
    pub fn shared(&self) -> Arc<dyn Files> {
        Arc::new(self.clone())
    }

    /// Makes something go wrong.
    pub fn set_plan(&self, plan: Option<Plan>) {
        self.disk().plan = plan;
    }

    pub fn set_read_only(&self, is_read_only: bool) {
        self.disk().is_read_only = is_read_only;
    }

    /// Bounds the bytes of all files.
    pub fn set_capacity(&self, bytes: usize) {
        self.disk().capacity = bytes;
    }

    /// How many operations have changed something, or tried to.
    pub fn operations(&self) -> u64 {
        self.disk().operations
    }

    /// Whether the plan's power loss has come.
    pub fn has_power(&self) -> bool {
        self.disk().has_power
    }

    /// What another process finds after this one was killed: everything that was written.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let old = self.disk();
        let new = Self::new(old.random.0);
        {
            let mut disk = new.disk();
            disk.names = old.names.clone();
            disk.durable_names = old.durable_names.clone();
            disk.name_steps = old.name_steps.clone();
            disk.contents = old.contents.clone();
        }
        new
    }

    /// What is left when the power fails now: what was synced, and of the rest whatever the seed
    /// says.
    #[must_use]
    pub fn after_power_loss(&self, seed: u64) -> Self {
        let old = self.disk();
        let new = Self::new(seed);
        {
            let mut disk = new.disk();
            let mut names = old.durable_names.clone();
            for step in &old.name_steps {
                if disk.random.below(2) == 0 {
                    apply(&mut names, step);
                }
            }
            for content in &old.contents {
                let survivor = content.after_power_loss(&mut disk.random);
                disk.contents.push(Content {
                    durable: survivor.clone(),
                    current: survivor,
                    ..Content::default()
                });
            }
            (disk.names, disk.durable_names) = (names.clone(), names);
        }
        new
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let disk = self.disk();
        disk.contents[disk.names[name]].current.clone()
    }

    /// Replaces the bytes of a file, or adds one, durably: damage, or another's files.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut disk = self.disk();
        disk.contents.push(Content {
            durable: bytes.clone(),
            current: bytes,
            ..Content::default()
        });
        let file = disk.contents.len() - 1;
        disk.names.insert(name.to_owned(), file);
        disk.durable_names.insert(name.to_owned(), file);
    }

    /// Loses a file.
    pub fn lose(&self, name: &str) {
        let mut disk = self.disk();
        disk.names.remove(name).expect("there is no such file to lose");
        disk.durable_names.remove(name);
    }

    /// The names of all files, in order.
    pub fn names(&self) -> Vec<String> {
        self.disk().names.keys().cloned().collect()
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("a test has failed inside the files")
    }
}

/// What an operation is to do.
enum Fate {
    Succeed,
    Halfway(io::Error),
}

impl Disk {
    /// Decides about an operation that changes something.
    fn fate(&mut self) -> io::Result<Fate> {
        self.check_power()?;
        let operation = self.operations;
        self.operations += 1;
        if self.is_read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        match self.plan.filter(|plan| plan.operation == operation) {
            None => Ok(Fate::Succeed),
            Some(Plan { fault: Fault::Fail(kind), .. }) => Err(kind.into()),
            Some(Plan { fault: Fault::FailHalfway(kind), .. }) => Ok(Fate::Halfway(kind.into())),
            Some(Plan { fault: Fault::PowerLoss, .. }) => {
                self.has_power = false;
                self.check_power()?;
                Ok(Fate::Succeed)
            }
        }
    }

    fn check_power(&self) -> io::Result<()> {
        if self.has_power { Ok(()) } else { Err(io::Error::other("the power is gone")) }
    }

    fn change_names(&mut self, step: Vec<(String, Option<usize>)>) -> io::Result<()> {
        match self.fate()? {
            Fate::Halfway(error) => Err(error),
            Fate::Succeed => {
                apply(&mut self.names, &step);
                self.name_steps.push(step);
                Ok(())
            }
        }
    }

    fn file(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn used(&self) -> usize {
        self.names.values().map(|file| self.contents[*file].current.len()).sum()
    }
}

fn apply(names: &mut BTreeMap<String, usize>, step: &[(String, Option<usize>)]) {
    for (name, file) in step {
        match file {
            Some(file) => names.insert(name.clone(), *file),
            None => names.remove(name),
        };
    }
}

impl Content {
    fn write(&mut self, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        if self.current.len() < end {
            self.current.resize(end, 0);
        }
        self.current[offset..end].copy_from_slice(bytes);
        for sector in offset / SECTOR_BYTES..=(end - 1) / SECTOR_BYTES {
            let start = sector * SECTOR_BYTES;
            let stop = self.current.len().min(start + SECTOR_BYTES);
            let version = self.current[start..stop].to_vec();
            self.pending.entry(sector).or_default().push(version);
        }
    }

    fn sync(&mut self) {
        for (sector, versions) in std::mem::take(&mut self.pending) {
            write_sector(&mut self.durable, sector, versions.last().expect("it was written"));
        }
        self.durable.resize(self.current.len(), 0);
    }

    /// The sync fails: what was to be written may or may not be on disk, and is not tried again.
    fn fail_sync(&mut self, random: &mut SplitMix) {
        self.durable = self.after_power_loss(random);
        self.pending.clear();
    }

    fn after_power_loss(&self, random: &mut SplitMix) -> Vec<u8> {
        let mut survivor = self.durable.clone();
        for (sector, versions) in &self.pending {
            let choice = random.below(versions.len() + 1);
            if let Some(version) = versions.get(choice) {
                write_sector(&mut survivor, *sector, version);
            }
        }
        if random.below(2) == 0 {
            survivor.truncate(self.durable.len());
        } else {
            survivor.resize(self.current.len(), 0);
        }
        survivor
    }
}

fn write_sector(bytes: &mut Vec<u8>, sector: usize, version: &[u8]) {
    let start = sector * SECTOR_BYTES;
    if bytes.len() < start + version.len() {
        bytes.resize(start + version.len(), 0);
    }
    bytes[start..start + version.len()].copy_from_slice(version);
}

impl Files for MemoryFiles {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("log").join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let disk = self.disk();
        disk.check_power()?;
        Ok(disk.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut disk = self.disk();
        if disk.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.contents.push(Content::default());
        let file = disk.contents.len() - 1;
        disk.change_names(vec![(name.to_owned(), Some(file))])?;
        Ok(Box::new(MemoryFile { disk: self.disk.clone(), file, access: Access::ReadAndWrite }))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn File>> {
        let disk = self.disk();
        disk.check_power()?;
        if disk.is_read_only && access == Access::ReadAndWrite {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        let file = disk.file(name)?;
        Ok(Box::new(MemoryFile { disk: self.disk.clone(), file, access }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.disk();
        let file = disk.file(from)?;
        disk.change_names(vec![(from.to_owned(), None), (to.to_owned(), Some(file))])
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.file(name)?;
        disk.change_names(vec![(name.to_owned(), None)])
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut disk = self.disk();
        match disk.fate()? {
            Fate::Halfway(error) => Err(error),
            Fate::Succeed => {
                disk.durable_names = disk.names.clone();
                disk.name_steps.clear();
                Ok(())
            }
        }
    }

    fn random(&self) -> io::Result<u64> {
        Ok(self.disk().random.number())
    }
}

struct MemoryFile {
    disk: Arc<Mutex<Disk>>,
    file: usize,
    access: Access,
}

impl MemoryFile {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("a test has failed inside the files")
    }
}

impl File for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        let disk = self.disk();
        disk.check_power()?;
        Ok(disk.contents[self.file].current.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let disk = self.disk();
        disk.check_power()?;
        let content = &disk.contents[self.file].current;
        let rest = content.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        assert_eq!(self.access, Access::ReadAndWrite, "a file opened for reading is written");
        let mut disk = self.disk();
        let fate = disk.fate()?;
        let offset = offset as usize;
        let length = disk.contents[self.file].current.len();
        let free = disk.capacity.saturating_sub(disk.used());
        let room = (length + free).saturating_sub(offset).min(bytes.len());
        let halfway = disk.random.below(bytes.len() + 1);
        let content = &mut disk.contents[self.file];
        match fate {
            Fate::Halfway(error) => {
                content.write(&bytes[..halfway], offset);
                Err(error)
            }
            Fate::Succeed => {
                content.write(&bytes[..room], offset);
                if room < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
            }
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.disk();
        let fate = disk.fate()?;
        let disk = &mut *disk;
        let content = &mut disk.contents[self.file];
        match fate {
            Fate::Halfway(error) => {
                content.fail_sync(&mut disk.random);
                Err(error)
            }
            Fate::Succeed => {
                content.sync();
                Ok(())
            }
        }
    }
}
