//! Transfers between accounts with Restate: an account is a virtual object with its balance as state,
//! a transfer is a handler of a service that calls two of them.
//!
//! Each account takes one call at a time, and a transfer that began is brought to its end through
//! crashes. But other calls can see the money when it has left one account and not reached the
//! other: there is no isolation across objects.

use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

const BALANCE: &str = "balance";

#[derive(Serialize, Deserialize)]
struct Opening {
    number: String,
    balance: i64,
}

#[derive(Serialize, Deserialize)]
struct Query {
    number: String,
}

#[derive(Serialize, Deserialize)]
struct Transfer {
    source: String,
    target: String,
    amount: i64,
}

/// What the load generator reads.
#[derive(Serialize, Deserialize)]
struct Answer<T> {
    result: T,
}

fn answer<T>(result: T) -> Json<Answer<T>> {
    Json(Answer { result })
}

struct Account;

#[object]
impl Account {
    #[handler]
    async fn open(&self, context: ObjectContext<'_>, balance: i64) -> Result<(), HandlerError> {
        context.set(BALANCE, balance);
        Ok(())
    }

    #[handler]
    async fn balance(&self, context: SharedObjectContext<'_>) -> Result<i64, HandlerError> {
        Ok(context.get::<i64>(BALANCE).await?.unwrap_or(0))
    }

    #[handler]
    async fn withdraw(
        &self,
        context: ObjectContext<'_>,
        amount: i64,
    ) -> Result<bool, HandlerError> {
        let balance = context.get::<i64>(BALANCE).await?.unwrap_or(0);
        if balance < amount {
            return Ok(false);
        }
        context.set(BALANCE, balance - amount);
        Ok(true)
    }

    #[handler]
    async fn deposit(&self, context: ObjectContext<'_>, amount: i64) -> Result<(), HandlerError> {
        let balance = context.get::<i64>(BALANCE).await?.unwrap_or(0);
        context.set(BALANCE, balance + amount);
        Ok(())
    }
}

struct Bank;

#[service]
impl Bank {
    #[handler]
    async fn open(
        &self,
        context: Context<'_>,
        opening: Json<Opening>,
    ) -> Result<Json<Answer<bool>>, HandlerError> {
        let Opening { number, balance } = opening.into_inner();
        context.object_client::<AccountClient>(number).open(balance).call().await?;
        Ok(answer(true))
    }

    #[handler]
    async fn balance(
        &self,
        context: Context<'_>,
        query: Json<Query>,
    ) -> Result<Json<Answer<i64>>, HandlerError> {
        let number = query.into_inner().number;
        Ok(answer(context.object_client::<AccountClient>(number).balance().call().await?))
    }

    #[handler]
    async fn transfer(
        &self,
        context: Context<'_>,
        transfer: Json<Transfer>,
    ) -> Result<Json<Answer<bool>>, HandlerError> {
        let Transfer { source, target, amount } = transfer.into_inner();
        let source = context.object_client::<AccountClient>(source);
        if !source.withdraw(amount).call().await? {
            return Ok(answer(false));
        }
        context.object_client::<AccountClient>(target).deposit(amount).call().await?;
        Ok(answer(true))
    }
}

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let address = address.expect("the address to listen on, as in 127.0.0.1:9080");
    HttpServer::new(Endpoint::builder().bind(Account).bind(Bank).build())
        .listen_and_serve(address)
        .await;
}
