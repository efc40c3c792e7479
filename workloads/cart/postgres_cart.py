"""The same shopping cart with FastAPI, SQLAlchemy and PostgreSQL.

Transactions are SERIALIZABLE and tried again when PostgreSQL asks for it. A request with an
`Idempotency-Key` is applied once: its reply is stored in the transaction of its effects.

    DATABASE_URL=postgresql+psycopg://… uvicorn postgres_cart:app
"""

# pyright: basic, reportMissingImports=false

import os
import random
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, ForeignKey, create_engine, delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(
    os.environ["DATABASE_URL"], isolation_level="SERIALIZABLE", pool_size=20, max_overflow=20
)
app = FastAPI()

ATTEMPTS_MAX = 50
SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION = "40001", "40P01", "23505"
RETRIED = (SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION)


class Base(DeclarativeBase):
    """The tables."""


class Item(Base):
    """Something to buy. Prices are in cents."""

    __tablename__ = "items"
    item_id: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(default=0)


class Wallet(Base):
    """What a user pays with."""

    __tablename__ = "wallets"
    owner: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)


class User(Base):
    """Somebody with a cart."""

    __tablename__ = "users"
    username: Mapped[str] = mapped_column(primary_key=True)


class CartLine(Base):
    """So many of an item in a cart."""

    __tablename__ = "cart_lines"
    username: Mapped[str] = mapped_column(ForeignKey("users.username"), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.item_id"), primary_key=True)
    amount: Mapped[int]


class Order(Base):
    """What was bought in one go."""

    __tablename__ = "orders"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username"), index=True)
    total: Mapped[int]


class OrderLine(Base):
    """So many of an item in an order."""

    __tablename__ = "order_lines"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.order_id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.item_id"), primary_key=True)
    amount: Mapped[int]


class StoredReply(Base):
    """The reply to a request with an idempotency key."""

    __tablename__ = "stored_replies"
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[Any] = mapped_column(JSON)


Base.metadata.create_all(engine)


class Problem(Exception):
    """A request that cannot be done."""

    def __init__(self, status: int, title: str, detail: str):
        super().__init__(title, detail)
        self.status = status
        self.body = {"title": title, "status": status, "detail": detail}


class ItemBody(BaseModel):
    """A new item."""

    model_config = ConfigDict(strict=True, extra="forbid")
    item_id: str
    price: int


class UserBody(BaseModel):
    """A new user."""

    model_config = ConfigDict(strict=True, extra="forbid")
    username: str


class AmountBody(BaseModel):
    """So many, or so much."""

    model_config = ConfigDict(strict=True, extra="forbid")
    amount: int


class CartBody(BaseModel):
    """What to put into a cart."""

    model_config = ConfigDict(strict=True, extra="forbid")
    item_id: str
    amount: int


def found(session: Session, table: type[Any], key: str) -> Any:
    """A row that must be there."""
    row = session.get(table, key)
    if row is None:
        raise Problem(404, "There is no such thing", f"{table.__tablename__}: {key}")
    return row


def attempt(
    work: Callable[[Session], Any], status: int, key: str | None, fingerprint: str
) -> tuple[int, Any]:
    """One transaction, which also stores the reply."""
    with Session(engine) as session, session.begin():
        if key is not None:
            stored = session.get(StoredReply, key)
            if stored is not None:
                if stored.fingerprint != fingerprint:
                    raise Problem(422, "The idempotency key names another request", key)
                return stored.status, stored.body
        try:
            # A problem undoes the work, but not the reply that is stored.
            with session.begin_nested():
                body = work(session)
        except Problem as problem:
            status, body = problem.status, problem.body
        if key is not None:
            session.add(
                StoredReply(idempotency_key=key, fingerprint=fingerprint, status=status, body=body)
            )
    return status, body


def with_retries(
    work: Callable[[Session], Any], status: int, key: str | None, fingerprint: str
) -> tuple[int, Any]:
    """Tries until no other transaction is in the way."""
    for tried in range(ATTEMPTS_MAX):
        try:
            return attempt(work, status, key, fingerprint)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRIED:
                raise
            time.sleep(random.random() * min(0.001 * 2**tried, 0.1))
    raise Problem(503, "Too many transactions are in the way", "nothing was applied")


async def transact(
    request: Request, key: str | None, work: Callable[[Session], Any], status: int = 200
) -> Response:
    """Applies a request once."""
    body = await request.body()
    fingerprint = sha256(f"{request.url.path}\n".encode() + body).hexdigest()
    try:
        status, reply = await run_in_threadpool(with_retries, work, status, key, fingerprint)
    except Problem as problem:
        status, reply = problem.status, problem.body
    return JSONResponse(reply, status)


Key = Annotated[str | None, Header(alias="Idempotency-Key")]


@app.post("/items")
async def add_item(body: ItemBody, request: Request, key: Key = None) -> Response:
    """Makes an item."""

    def work(session: Session) -> Any:
        if session.get(Item, body.item_id) is not None:
            raise Problem(409, "There is such an item already", body.item_id)
        session.add(Item(item_id=body.item_id, price=body.price))
        return {"item_id": body.item_id}

    return await transact(request, key, work, 201)


@app.get("/items/{item_id}")
async def show_item(item_id: str, request: Request) -> Response:
    """An item."""

    def work(session: Session) -> Any:
        item = found(session, Item, item_id)
        return {"item_id": item_id, "price": item.price, "stock": item.stock}

    return await transact(request, None, work)


@app.post("/items/{item_id}/restock")
async def restock(item_id: str, body: AmountBody, request: Request, key: Key = None) -> Response:
    """Adds to the stock."""

    def work(session: Session) -> Any:
        item = found(session, Item, item_id)
        item.stock += body.amount
        return {"stock": item.stock}

    return await transact(request, key, work)


@app.post("/users")
async def add_user(body: UserBody, request: Request, key: Key = None) -> Response:
    """Makes a user with a wallet."""

    def work(session: Session) -> Any:
        if session.get(User, body.username) is not None:
            raise Problem(409, "There is such a user already", body.username)
        session.add_all([User(username=body.username), Wallet(owner=body.username)])
        return {"username": body.username}

    return await transact(request, key, work, 201)


@app.get("/users/{username}")
async def show_user(username: str, request: Request) -> Response:
    """A user with cart, balance and orders."""

    def work(session: Session) -> Any:
        found(session, User, username)
        cart = session.scalars(select(CartLine).where(CartLine.username == username))
        orders = session.scalars(
            select(Order).where(Order.username == username).order_by(Order.order_id)
        )
        return {
            "username": username,
            "balance": found(session, Wallet, username).balance,
            "cart": {line.item_id: line.amount for line in cart},
            "orders": [show_order(session, order) for order in orders],
        }

    return await transact(request, None, work)


def show_order(session: Session, order: Order) -> Any:
    """An order with its lines."""
    lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.order_id))
    return {"items": {line.item_id: line.amount for line in lines}, "total": order.total}


@app.post("/users/{username}/deposit")
async def deposit(username: str, body: AmountBody, request: Request, key: Key = None) -> Response:
    """Pays money in."""

    def work(session: Session) -> Any:
        wallet = found(session, Wallet, username)
        wallet.balance += body.amount
        return {"balance": wallet.balance}

    return await transact(request, key, work)


@app.post("/users/{username}/cart")
async def add_to_cart(username: str, body: CartBody, request: Request, key: Key = None) -> Response:
    """Puts items into the cart."""

    def work(session: Session) -> Any:
        found(session, User, username)
        found(session, Item, body.item_id)
        line = session.get(CartLine, (username, body.item_id))
        if line is None:
            session.add(CartLine(username=username, item_id=body.item_id, amount=body.amount))
        else:
            line.amount += body.amount
        return None

    return await transact(request, key, work)


@app.post("/users/{username}/checkout")
async def checkout(username: str, request: Request, key: Key = None) -> Response:
    """Buys all that is in the cart."""

    def work(session: Session) -> Any:
        found(session, User, username)
        cart = list(session.scalars(select(CartLine).where(CartLine.username == username)))
        if not cart:
            raise Problem(409, "EmptyCart", username)
        total = 0
        items: dict[str, int] = {}
        for line in cart:
            item = found(session, Item, line.item_id)
            if item.stock < line.amount:
                raise Problem(409, "OutOfStock", line.item_id)
            item.stock -= line.amount
            total += item.price * line.amount
            items[line.item_id] = line.amount
        wallet = found(session, Wallet, username)
        if wallet.balance < total:
            raise Problem(402, "PaymentRejected", username)
        wallet.balance -= total
        order = Order(username=username, total=total)
        session.add(order)
        session.flush()
        for item_id, amount in items.items():
            session.add(OrderLine(order_id=order.order_id, item_id=item_id, amount=amount))
        session.execute(delete(CartLine).where(CartLine.username == username))
        return {"items": items, "total": total}

    return await transact(request, key, work)
