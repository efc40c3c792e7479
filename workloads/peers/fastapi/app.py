"""Transfers between accounts with FastAPI, asyncpg and PostgreSQL.

What a careful programmer writes: a SERIALIZABLE transaction for each request, and another try when
PostgreSQL gives up on one. There is no idempotency: a client that sends a request again after its
connection broke pays twice.
"""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

POOL = 16
PAY = "UPDATE account SET balance = balance - $1 WHERE number = $2 AND balance >= $1"
RECEIVE = "UPDATE account SET balance = balance + $1 WHERE number = $2"
BALANCE = "SELECT balance FROM account WHERE number = $1"


class Query(BaseModel):
    number: str


class Transfer(BaseModel):
    source: str
    target: str
    amount: int


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[None]:
    """The pool of this process."""
    async with asyncpg.create_pool(
        host=os.environ["BANK_SOCKET"],
        user="bench",
        database="postgres",
        min_size=POOL,
        max_size=POOL,
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=connected)


@app.post("/balance")
async def balance(query: Query) -> dict[str, int]:
    return {"result": await app.state.pool.fetchval(BALANCE, query.number)}


@app.post("/transfer")
async def transfer(transfer: Transfer) -> dict[str, bool]:
    pause = 0.001
    while True:
        try:
            return {"result": await move(transfer)}
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(pause * random.random())
            pause = min(2 * pause, 0.1)


async def move(transfer: Transfer) -> bool:
    """Moves money, if there is so much."""
    async with (
        app.state.pool.acquire() as connection,
        connection.transaction(isolation="serializable"),
    ):
        paid = await connection.execute(PAY, transfer.amount, transfer.source)
        if paid == "UPDATE 0":
            return False
        await connection.execute(RECEIVE, transfer.amount, transfer.target)
        return True
