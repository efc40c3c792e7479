"""Transfers between accounts with DBOS: a durable workflow with one transaction, behind FastAPI.

DBOS notes in PostgreSQL that the workflow began, the result of its transaction (in that
transaction), and that it ended; after a crash it is brought to its end.
"""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dbos import DBOS, AsyncSQLAlchemyDatasource, DBOSConfig, run_dbos_database_migrations
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text

URL = f"postgresql+psycopg://bench@/postgres?host={os.environ['BANK_SOCKET']}"
POOL = 16
CONFIGURATION: DBOSConfig = {
    "name": "bank",
    "system_database_url": URL,
    "sys_db_pool_size": POOL,
    "run_migrations": False,
    "executor_id": f"process-{os.getpid()}",
    "log_level": "WARNING",
}
PAY = text(
    "UPDATE account SET balance = balance - :amount WHERE number = :number AND balance >= :amount"
)
RECEIVE = text("UPDATE account SET balance = balance + :amount WHERE number = :number")
BALANCE = text("SELECT balance FROM account WHERE number = :number")


class Query(BaseModel):
    number: str


class Transfer(BaseModel):
    source: str
    target: str
    amount: int


@asynccontextmanager
async def launched(app: FastAPI) -> AsyncIterator[None]:
    """DBOS, and the application's own tables beside it."""
    app.state.accounts = await AsyncSQLAlchemyDatasource.create(
        URL, engine_kwargs={"pool_size": POOL, "max_overflow": 0}, run_migrations=False
    )
    DBOS.launch()
    yield
    DBOS.destroy()


app = FastAPI(lifespan=launched)
DBOS(config=CONFIGURATION)


@app.post("/balance")
async def balance(query: Query) -> dict[str, int]:
    async with app.state.accounts.engine.connect() as connection:
        found = await connection.execute(BALANCE, {"number": query.number})
        return {"result": found.scalar_one()}


@app.post("/transfer")
async def transfer(transfer: Transfer) -> dict[str, bool]:
    return {"result": await transfer_money(transfer.source, transfer.target, transfer.amount)}


@DBOS.workflow()
async def transfer_money(source: str, target: str, amount: int) -> bool:
    return await app.state.accounts.run_tx_step_async(
        {"name": "move", "isolation_level": "SERIALIZABLE"}, move, source, target, amount
    )


async def move(source: str, target: str, amount: int) -> bool:
    """Moves money, if there is so much."""
    session = app.state.accounts.sql_session()
    paid = await session.execute(PAY, {"amount": amount, "number": source})
    if paid.rowcount == 0:
        return False
    await session.execute(RECEIVE, {"amount": amount, "number": target})
    return True


if __name__ == "__main__":
    # Once, before the processes that serve: they would get in each other's way.
    run_dbos_database_migrations(system_database_url=URL)
    asyncio.run(AsyncSQLAlchemyDatasource.migrate(URL))
