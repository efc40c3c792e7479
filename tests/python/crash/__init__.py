"""Kills servers under load and judges what is left; `python -m crash --help`, or `make crash`.

- `asked`: what clients ask, and what their replies say in the checkers' terms.
- `load`: many clients at once, over both protocols.
- `book`: what was told so far, and the checkers' verdict about each round.
- `kills`: servers that are killed: under load, at checkpoints, while they open or close.
- `campaign`: round after round of load, kill, retry, check.
- `soak`: the same load without kills, for minutes, with an eye on memory and files.
"""
