//! Changes of text line by line.
//!
//! A changed byte seldom leaves a text that parses. Whole lines that are moved, copied, left out or
//! indented often do, and then later stages see something new.

/// Changes some lines of the `size` bytes of text in `data`, as `seed` says. Gives the new size,
/// which is at most `data.len()`; `None` if the bytes are no text.
pub fn mutate_lines(data: &mut [u8], size: usize, seed: u32) -> Option<usize> {
    let text = std::str::from_utf8(&data[..size]).ok()?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut random = Random(u64::from(seed) | 1 << 32);
    for _ in 0..=random.below(3) {
        change(&mut lines, &mut random);
    }
    let mut length = 0;
    for line in &lines {
        if length + line.len() > data.len() {
            break;
        }
        data[length..length + line.len()].copy_from_slice(line.as_bytes());
        length += line.len();
    }
    Some(length)
}

fn change(lines: &mut Vec<String>, random: &mut Random) {
    if lines.is_empty() {
        return;
    }
    let (at, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(8) {
        0 => _ = lines.remove(at),
        1 => lines.swap(at, other),
        2 => lines.insert(at, lines[other].clone()),
        3 => lines[at].insert_str(0, "    "),
        4 => {
            if let Some(rest) = lines[at].strip_prefix("    ") {
                lines[at] = rest.to_owned();
            }
        }
        // A block, at the depth that another line has.
        5 => {
            let end = (at + 1 + random.below(8)).min(lines.len());
            let block: Vec<String> = lines[at..end].to_vec();
            let wanted = indentation(&lines[other]);
            let had = indentation(&block[0]);
            let moved = block.into_iter().map(|line| match line.get(had..) {
                Some(rest) if indentation(&line) >= had => " ".repeat(wanted) + rest,
                _ => line,
            });
            lines.splice(other..other, moved);
        }
        // A word of one line instead of one in another.
        6 => {
            let words: Vec<&str> = words(&lines[other]).collect();
            let wanted = words.get(random.below(words.len().max(1))).map(|word| (*word).to_owned());
            let old: Vec<&str> = self::words(&lines[at]).collect();
            let old = old.get(random.below(old.len().max(1))).map(|word| (*word).to_owned());
            if let (Some(wanted), Some(old)) = (wanted, old) {
                lines[at] = lines[at].replacen(&old, &wanted, 1);
            }
        }
        // The end of one line behind the start of another.
        _ => {
            let cut = |line: &str, random: &mut Random| {
                let at = random.below(line.len() + 1);
                (0..=at).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0)
            };
            let (from, to) = (cut(&lines[at], random), cut(&lines[other], random));
            lines[at] = format!("{}{}", &lines[at][..from], &lines[other][to..]);
        }
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '.'))
        .filter(|word| !word.is_empty())
}

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
