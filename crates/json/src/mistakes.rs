//! What a client got wrong, collected with the place of each mistake.
//!
//! A client chooses how many mistakes it makes and how long the names on the way to them are, so
//! both are bounded: a small body must not become a large answer, or fill the memory.

use std::fmt::{self, Display, Write};

/// How many mistakes one answer lists.
const LISTED_MAX: usize = 20;

/// From this length on a path does not grow.
const PATH_LENGTH_MAX: usize = 200;

/// Longest step of a path; what is longer is cut.
const STEP_LENGTH_MAX: usize = 80;

/// How many members of unions are tried for one request. Recursive dataclasses in unions could
/// otherwise make a small request take exponential time.
const UNION_ATTEMPTS_MAX: u32 = 10_000;

/// One mistake: `arguments.amount: expected int, got "two"`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    path: String,
    message: String,
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The mistakes found so far and the place that is looked at now.
#[derive(Debug)]
pub struct Mistakes {
    path: String,
    /// The first of them.
    found: Vec<Mistake>,
    /// How many there are beside those.
    hidden: usize,
    union_attempts_left: u32,
}

impl Mistakes {
    /// No mistakes yet; `root` is what the paths start with.
    pub fn under(root: &str) -> Self {
        Self {
            path: root.to_owned(),
            found: Vec::new(),
            hidden: 0,
            union_attempts_left: UNION_ATTEMPTS_MAX,
        }
    }

    /// Adds a mistake at the current place.
    pub fn add(&mut self, message: impl Into<String>) {
        if self.found.len() == LISTED_MAX {
            self.hidden += 1;
        } else {
            self.found.push(Mistake { path: self.path.clone(), message: message.into() });
        }
    }

    /// Adds the mistake of a value that is not what is expected.
    pub fn expected(&mut self, expected: impl Display, got: impl Display) {
        self.add(format!("expected {expected}, got {got}"));
    }

    /// Does `work` at the place `step` further in, such as `.amount` or `[3]`.
    pub fn within<R>(&mut self, step: impl Display, work: impl FnOnce(&mut Self) -> R) -> R {
        let length = self.path.len();
        if length < PATH_LENGTH_MAX {
            write!(self.path, "{step}").expect("writing to a string cannot fail");
            let end = self.path.floor_char_boundary(length + STEP_LENGTH_MAX);
            if end < self.path.len() {
                self.path.truncate(end);
                self.path.push('…');
            }
        }
        let result = work(self);
        self.path.truncate(length);
        result
    }

    /// The first of `members` for which `attempt` finds no mistake. If there is none, the mistakes
    /// of the only member that matched further in than the others, or `no_match` of all.
    pub fn first_that_fits<M, R>(
        &mut self,
        members: &[M],
        mut attempt: impl FnMut(&M, &mut Self) -> Option<R>,
        no_match: impl FnOnce() -> String,
    ) -> Option<R> {
        let mut nearest: Option<Mistakes> = None;
        let mut near_count = 0;
        for member in members {
            if self.union_attempts_left == 0 {
                self.add("this value fits too many alternatives in part; make it simpler");
                return None;
            }
            let mut tried = Self {
                path: self.path.clone(),
                found: Vec::new(),
                hidden: 0,
                union_attempts_left: self.union_attempts_left - 1,
            };
            let result = attempt(member, &mut tried);
            self.union_attempts_left = tried.union_attempts_left;
            if result.is_some() {
                return result;
            }
            if tried.found.iter().all(|mistake| mistake.path.len() > self.path.len()) {
                near_count += 1;
                nearest = Some(tried);
            }
        }
        match nearest {
            Some(tried) if near_count == 1 => self.take_over(tried),
            _ => self.add(no_match()),
        }
        None
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The mistakes as text, one each.
    pub fn into_texts(self) -> Vec<String> {
        let mut texts: Vec<_> = self.found.iter().map(ToString::to_string).collect();
        if self.hidden > 0 {
            texts.push(format!("… and {} more", self.hidden));
        }
        texts
    }

    fn take_over(&mut self, mut others: Mistakes) {
        let room = LISTED_MAX - self.found.len();
        let kept = others.found.len().min(room);
        self.hidden += others.hidden + others.found.len() - kept;
        self.found.extend(others.found.drain(..kept));
    }
}
