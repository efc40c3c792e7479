//! PostgreSQL: a stored procedure in SERIALIZABLE transactions, called by `pgbench`.
//!
//! A server of its own in a temporary folder, on a Unix socket in it. That it is durable is read
//! back: its settings, and that the log of the server was synced while the transfers ran.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{BaselineError, Turn};
use crate::keys::{Keys, SPREAD};
use crate::trial::Times;
use crate::workload::transfer::FIRST_BALANCE;

const CLIENTS: u32 = 32;
const THREADS: u32 = 2;

/// Beside what the server's defaults are.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", "''"),
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "1GB"),
    ("max_wal_size", "8GB"),
];

/// How transactions are isolated that do not say how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// The server's own default: for clients that ask for more where they need it.
    ReadCommitted,
    Serializable,
}

impl Isolation {
    fn setting(self) -> &'static str {
        match self {
            Isolation::ReadCommitted => "read committed",
            Isolation::Serializable => "serializable",
        }
    }
}

const SCHEMA: &str = "
CREATE TABLE account (number text PRIMARY KEY, balance bigint NOT NULL);
CREATE FUNCTION key_of(number bigint) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN 'account-' || lpad(number::text, 8, '0');
CREATE FUNCTION transfer(source bigint, target bigint, amount bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET balance = balance - amount
        WHERE number = key_of(source) AND balance >= amount;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE account SET balance = balance + amount WHERE number = key_of(target);
    RETURN true;
END $$;
";

/// A server with accounts; stopped when dropped.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    owner: Option<Owner>,
    folder: TempDir,
    version: String,
    accounts: u64,
    isolation: Isolation,
}

/// Who runs the server: it refuses to run as root.
#[derive(Clone, Copy, Debug)]
struct Owner {
    user: u32,
    group: u32,
}

impl Postgres {
    /// Starts a server and makes the accounts.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start(accounts: u64, isolation: Isolation) -> Result<Self, BaselineError> {
        let programs = programs().ok_or_else(|| {
            BaselineError::Missing(
                "PostgreSQL's server is not installed (apt-get install postgresql)".to_owned(),
            )
        })?;
        let owner = owner()?;
        let folder = tempfile::Builder::new().prefix("anabranch-bench-").tempdir()?;
        if let Some(Owner { user, group }) = owner {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let version = String::new();
        let mut server = Self { programs, owner, folder, version, accounts, isolation };
        let data = server.data();
        let data = data.to_str().expect("temporary folders have names that are text");
        server.run("initdb", &["--auth=trust", "--username=bench", "--pgdata", data])?;
        let socket = server.folder.path().display().to_string();
        let mut settings = format!("unix_socket_directories = '{socket}'\n");
        for (name, value) in server.settings() {
            settings.push_str(&format!("{name} = {value}\n"));
        }
        let file = server.data().join("postgresql.conf");
        let defaults = fs::read_to_string(&file)?;
        fs::write(&file, defaults + &settings)?;
        let log = format!("{socket}/log.txt");
        server.run("pg_ctl", &["start", "--wait", "--silent", "--pgdata", data, "--log", &log])?;
        server.version = server.query("SHOW server_version")?;
        server.query(SCHEMA)?;
        server.query(&format!(
            "INSERT INTO account SELECT key_of(n), {FIRST_BALANCE} FROM generate_series(0, {}) n",
            accounts - 1
        ))?;
        server.query("VACUUM ANALYZE account")?;
        server.query("CHECKPOINT")?;
        Ok(server)
    }

    /// Runs transfers.
    ///
    /// # Errors
    /// The server is not durable, loses money, or transfers fail.
    pub fn run_transfers(&self, keys: &Keys, times: Times) -> Result<Turn, BaselineError> {
        self.check_settings()?;
        let script = self.folder.path().join("transfer.sql");
        fs::write(&script, pgbench_script(keys))?;
        if !times.warm_up.is_zero() {
            self.pgbench(&script, times.warm_up.as_secs().max(1))?;
        }
        let syncs = self.syncs()?;
        let rate = self.pgbench(&script, times.measured.as_secs().max(1))?;
        let syncs = self.syncs()? - syncs;
        if syncs <= 0 {
            return Err(BaselineError::Failed("it did not sync its log".to_owned()));
        }
        let money = self.query("SELECT sum(balance) FROM account")?;
        if money != (FIRST_BALANCE * self.accounts as i64).to_string() {
            return Err(BaselineError::Failed(format!("money is not conserved: {money}")));
        }
        let configuration = format!(
            "a PL/pgSQL function called by pgbench -M prepared with {CLIENTS} clients in {THREADS} \
             threads over a Unix socket, failed transactions are retried; {}",
            self.describe()
        );
        Ok(Turn { rate, configuration })
    }

    pub fn accounts(&self) -> u64 {
        self.accounts
    }

    /// Names and values, as they are written in its file.
    fn settings(&self) -> impl Iterator<Item = (&'static str, String)> {
        let isolation = format!("'{}'", self.isolation.setting());
        let settings = SETTINGS.iter().map(|&(name, value)| (name, value.to_owned()));
        settings.chain([("default_transaction_isolation", isolation)])
    }

    /// The folder with its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// What it is, and what makes it durable.
    pub fn describe(&self) -> String {
        let settings = self.settings().skip(1);
        let settings: Vec<String> =
            settings.map(|(name, value)| format!("{name}={value}")).collect();
        format!(
            "PostgreSQL {}: {} (read back, and the log was synced)",
            self.version,
            settings.join(" ")
        )
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Reads back what makes it durable.
    ///
    /// # Errors
    /// Its settings are others, or it does not answer.
    pub fn check_settings(&self) -> Result<(), BaselineError> {
        let names =
            ["fsync", "synchronous_commit", "full_page_writes", "default_transaction_isolation"];
        let settings = names.map(|name| format!("current_setting('{name}')"));
        let found = self.query(&format!("SELECT concat_ws(',', {})", settings.join(", ")))?;
        let wanted = format!("on,on,on,{}", self.isolation.setting());
        if found == wanted {
            return Ok(());
        }
        Err(BaselineError::Failed(format!("its settings are {found} instead of {wanted}")))
    }

    /// How often it has synced its log.
    ///
    /// # Errors
    /// It does not answer.
    pub fn syncs(&self) -> Result<i64, BaselineError> {
        let found = self.query("SELECT wal_sync FROM pg_stat_wal")?;
        found.parse().map_err(|_| BaselineError::Failed(format!("{found} syncs")))
    }

    fn query(&self, text: &str) -> Result<String, BaselineError> {
        let folder = self.folder.path().display().to_string();
        let arguments = [
            "--host",
            &folder,
            "--username=bench",
            "--dbname=postgres",
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--command",
            text,
        ];
        Ok(self.run("psql", &arguments)?.trim().to_owned())
    }

    /// Gives the transfers in a second.
    fn pgbench(&self, script: &Path, seconds: u64) -> Result<f64, BaselineError> {
        let folder = self.folder.path().display().to_string();
        let (clients, threads) = (CLIENTS.to_string(), THREADS.to_string());
        let (seconds, script) = (seconds.to_string(), script.display().to_string());
        let arguments = [
            "--no-vacuum",
            "--protocol=prepared",
            "--max-tries=1000",
            "--client",
            &clients,
            "--jobs",
            &threads,
            "--time",
            &seconds,
            "--file",
            &script,
            "--host",
            &folder,
            "--username=bench",
            "postgres",
        ];
        let output = self.run("pgbench", &arguments)?;
        rate_of(&output).ok_or_else(|| BaselineError::Failed(format!("pgbench said: {output}")))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String, BaselineError> {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(Owner { user, group }) = self.owner {
            command.uid(user).gid(group);
        }
        // The server that pg_ctl starts keeps its standard error: a pipe would never end.
        let output = match program {
            "pg_ctl" => command.stdout(Stdio::null()).stderr(Stdio::null()).output()?,
            _ => command.output()?,
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(BaselineError::Failed(format!("{program}: {text}")))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data().display().to_string();
        // It may never have started; the folder goes anyway.
        let _stopped = self.run("pg_ctl", &["stop", "--mode=immediate", "--wait", "-D", &data]);
    }
}

/// The newest installed version's folder with its programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort();
    let of_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.into_iter().rev().map(|(_, folder)| folder);
    let mut folders = folders.chain(std::env::split_paths(&of_path));
    let programs = ["initdb", "pg_ctl", "postgres", "psql", "pgbench"];
    folders.find(|folder| programs.iter().all(|program| folder.join(program).is_file()))
}

/// The user `postgres`, if this process is root.
fn owner() -> Result<Option<Owner>, BaselineError> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut owners = fields.filter_map(|fields| match fields[..] {
        ["postgres", _, user, group, ..] => {
            Some(Owner { user: user.parse().ok()?, group: group.parse().ok()? })
        }
        _ => None,
    });
    let missing = "PostgreSQL does not run as root, and there is no user `postgres`";
    owners.next().map(Some).ok_or_else(|| BaselineError::Missing(missing.to_owned()))
}

/// Chooses two accounts as [`Keys`] does. Where both are the same the next account is paid.
fn pgbench_script(keys: &Keys) -> String {
    let count = keys.count();
    let last = count - 1;
    let mut script = String::new();
    match keys.zipf_parameters() {
        None => {
            script.push_str(&format!("\\set source random(0, {last})\n"));
            script.push_str(&format!("\\set target random(0, {last})\n"));
        }
        Some(zipf) => {
            for name in ["source", "target"] {
                script.push_str(&format!(
                    "\\set u random(0, 1000000000) / 1000000001.0\n\
                     \\set rank CASE WHEN :u * {zeta} < 1.0 THEN 0 WHEN :u * {zeta} < {second} \
                     THEN 1 ELSE least({last}, int({count} * pow({eta} * :u - {eta} + 1.0, \
                     {alpha}) - 0.5)) END\n\
                     \\set {name} :rank * {SPREAD} % {count}\n",
                    zeta = zipf.zeta,
                    second = zipf.second,
                    eta = zipf.eta,
                    alpha = zipf.alpha,
                ));
            }
        }
    }
    script.push_str(&format!(
        "\\if :source = :target\n\\set target (:source + 1) % {count}\n\\endif\n\
         \\set amount random(1, 100)\n\
         SELECT transfer(:source, :target, :amount);\n"
    ));
    script
}

fn rate_of(output: &str) -> Option<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Distribution;

    #[test]
    fn the_rate_is_read() {
        let output = "number of clients: 32\ntps = 9912.345678 (without initial connection time)\n";
        assert_eq!(rate_of(output), Some(9_912.345_678));
        assert_eq!(rate_of("nothing"), None);
    }

    #[test]
    fn zipfian_accounts_are_chosen_with_our_parameters() {
        let keys = Keys::new(100, Distribution::Zipf(0.99));
        let script = pgbench_script(&keys);
        let zeta = keys.zipf_parameters().unwrap().zeta.to_string();
        assert!(script.contains(&zeta) && script.contains("pow("), "{script}");
        assert!(!pgbench_script(&Keys::new(100, Distribution::Uniform)).contains("pow("));
    }
}
