//! Which cells there are, and which one is used next.

use rand::RngExt;

use super::{Generator, Options, Skew};

/// Names of cells, and how often those that last are used.
pub(super) struct Cells {
    lasting: Vec<String>,
    /// The weight of each lasting cell, with those before it.
    weights: Vec<f64>,
    doomed: Vec<String>,
    moneyless: Vec<String>,
    new_names: Vec<String>,
}

impl Cells {
    pub(super) fn new(options: &Options) -> Self {
        let names =
            |letter: char, count: usize| (0..count).map(|n| format!("{letter}{n}")).collect();
        let mut sum = 0.0;
        let weights = (0..options.lasting).map(|rank| {
            sum += match options.skew {
                Skew::Zipf { exponent } => (rank as f64 + 1.0).powf(-exponent),
                Skew::Uniform | Skew::Hot { .. } => 1.0,
            };
            sum
        });
        Self {
            weights: weights.collect(),
            lasting: names('c', options.lasting),
            doomed: names('d', options.doomed),
            moneyless: names('e', options.moneyless),
            new_names: names('n', options.new_names),
        }
    }

    /// The cells that are there from the beginning, and whether they hold money.
    pub(super) fn of_setup(&self) -> Vec<(String, bool)> {
        let named = |names: &[String], holds_money: bool| -> Vec<(String, bool)> {
            names.iter().map(|name| (name.clone(), holds_money)).collect()
        };
        [named(&self.lasting, true), named(&self.doomed, true), named(&self.moneyless, false)]
            .concat()
    }
}

impl Generator<'_> {
    /// A cell that lasts.
    pub(super) fn lasting(&mut self) -> String {
        if let Skew::Hot { cells, percent } = self.options.skew
            && self.happens(percent)
        {
            let hot = cells.clamp(1, self.cells.lasting.len());
            return self.cells.lasting[self.random.random_range(0..hot)].clone();
        }
        let sum = *self.cells.weights.last().expect("there are cells");
        let at = self.random.random_range(0.0..sum);
        let rank = self.cells.weights.partition_point(|weight| *weight <= at);
        self.cells.lasting[rank.min(self.cells.lasting.len() - 1)].clone()
    }

    /// Cells that last, each once.
    pub(super) fn several(&mut self) -> Vec<String> {
        let most = self.options.cells_max.min(self.cells.lasting.len());
        let count = self.random.random_range(2.min(most)..=most);
        let mut chosen = Vec::with_capacity(count);
        // A skew may give the same few cells again and again.
        for _ in 0..4 * count {
            let cell = self.lasting();
            if chosen.len() < count && !chosen.contains(&cell) {
                chosen.push(cell);
            }
        }
        chosen
    }

    /// A cell that scripts may delete.
    pub(super) fn doomed(&mut self) -> Option<String> {
        choose(&mut self.random, &self.cells.doomed)
    }

    /// A cell that holds no money and may be deleted by a root call.
    pub(super) fn moneyless(&mut self) -> Option<String> {
        choose(&mut self.random, &self.cells.moneyless)
    }

    /// A name for a cell that is created on the way.
    pub(super) fn new_name(&mut self) -> String {
        let name = choose(&mut self.random, &self.cells.new_names);
        name.unwrap_or_else(|| self.lasting())
    }

    /// A cell that may have been deleted, or not been created yet.
    pub(super) fn passing(&mut self) -> String {
        let found = match self.random.random_range(0..4) {
            0 => self.doomed(),
            1 => self.moneyless(),
            _ => None,
        };
        found.unwrap_or_else(|| self.new_name())
    }

    /// Any cell.
    pub(super) fn any(&mut self) -> String {
        if self.happens(75) { self.lasting() } else { self.passing() }
    }
}

fn choose(random: &mut impl RngExt, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names[random.random_range(0..names.len())].clone())
}
