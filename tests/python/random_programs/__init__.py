"""Random programs over entities, with side effects in every position, run in plain Python and on an
engine. `generate` writes them, `compare` runs them, `minimise` makes a failing one small."""
