//! What happened how often, over one seed or many.

/// Names each counter once: its field, and what the table calls it.
macro_rules! counters {
    ($($field:ident: $title:literal,)*) => {
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct Statistics {
            $(#[doc = $title] pub $field: u64,)*
        }

        impl Statistics {
            pub fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
            }

            /// Titles and counts, in the order of the table.
            pub fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$(($title, self.$field),)*]
            }
        }
    };
}

counters! {
    seeds: "seeds",
    seeds_transactional: "seeds with transactional egress",
    seeds_recorded: "seeds with recorded order",
    transactions: "transactions",
    committed: "committed",
    raised: "ended by an exception",
    spanning_keys: "spanning several entities",
    with_access_set: "with a complete access set",
    reconnaissance: "through reconnaissance",
    single: "on a single entity, without the sequencer",
    misses: "executed again after a miss",
    alone: "run alone after three misses",
    discarded: "attempts discarded at another entity",
    early_calls: "calls that came before their lock",
    hit_by_crash: "under way during a crash",
    requests_lost: "requests lost before they were recorded",
    duplicates: "requests sent twice at once",
    retries_timeout: "retries after a timeout",
    retries_crash: "retries after a crash",
    retries_answered: "retries after the answer",
    replies_repeated: "replies that came again, the same",
    snapshots: "snapshots",
    crashes: "crashes",
    replies_dropped: "replies that a crash took before they left",
    replayed: "deliveries repeated in their recorded order",
    rechecked: "steps taken twice and compared",
    messages: "messages delivered",
    overtaken: "messages that overtook an older one",
    in_flight_at_crash: "messages under way when a crash came",
}

impl Statistics {
    /// A table in Markdown.
    pub fn markdown(&self) -> String {
        let mut table = String::from("| what | how often |\n| --- | ---: |\n");
        for (title, count) in self.rows() {
            table += &format!("| {title} | {} |\n", with_separators(count));
        }
        table
    }

    /// `part` of all transactions, in per cent.
    pub fn share_of_transactions(&self, part: u64) -> f64 {
        100.0 * part as f64 / self.transactions.max(1) as f64
    }
}

fn with_separators(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_and_shown() {
        let mut sum = Statistics { crashes: 1_234_567, ..Statistics::default() };
        sum.add(&Statistics { crashes: 1, messages: 999, ..Statistics::default() });
        let table = sum.markdown();
        assert!(table.contains("| crashes | 1,234,568 |"), "{table}");
        assert!(table.contains("| messages delivered | 999 |"), "{table}");
    }
}
