"""The consistency conditions 1 to 4 of the specification (clause 3.3.2).

Usage: consistency.py URL WAREHOUSES     a running server; the districts look at their orders
       consistency.py EXPORT             what `anabranch export` has written: the bare state
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from anabranch import connect, ref
from districts import DISTRICTS, District, DistrictFigures
from warehouses import Warehouse


def violations(warehouses: dict[int, int], districts: list[DistrictFigures]) -> Iterator[str]:
    """What is wrong. Warehouses come with their year-to-date balances."""
    for warehouse_id, year_to_date in sorted(warehouses.items()):
        own = [it for it in districts if it.warehouse_id == warehouse_id]
        if len(own) != DISTRICTS:
            yield f"warehouse {warehouse_id} has {len(own)} districts"
        total = sum(district.year_to_date for district in own)
        if year_to_date != total:
            yield (
                f"condition 1: warehouse {warehouse_id} has W_YTD {year_to_date}, "
                f"the sum of D_YTD is {total}"
            )
    for district in districts:
        name = f"district {district.warehouse_id}/{district.district_id}"
        new = district.new_order_ids
        highest = [district.last_order_id, *([max(new)] if new else [])]
        if any(district.next_order_id - 1 != order_id for order_id in highest):
            yield (
                f"condition 2: {name} has D_NEXT_O_ID {district.next_order_id}, "
                f"max(O_ID) and max(NO_O_ID) are {highest}"
            )
        if new and max(new) - min(new) + 1 != len(new):
            yield f"condition 3: {name} has {len(new)} new orders from {min(new)} to {max(new)}"
        if district.line_counts != district.lines:
            yield (
                f"condition 4: {name} has {district.lines} order lines, "
                f"the sum of O_OL_CNT is {district.line_counts}"
            )


def violations_now(warehouses: int) -> list[str]:
    """What is wrong with the entities of this process, its engine or its client."""
    warehouse_ids = range(1, warehouses + 1)
    balances = {number: ref(Warehouse, number).year_to_date for number in warehouse_ids}
    districts = [
        ref(District, (number, district_id)).figures()
        for number in warehouse_ids
        for district_id in range(1, DISTRICTS + 1)
    ]
    return list(violations(balances, districts))


class UnfinishedExport(Exception):
    """There is not what there should be in an export."""


def of_export(lines: Iterable[str]) -> tuple[dict[int, int], list[DistrictFigures]]:
    """The warehouses and districts in an export, in which nothing of the application has run."""
    balances: dict[int, int] = {}
    districts: dict[tuple[int, int], dict[str, Any]] = {}
    new_orders: dict[tuple[int, int], list[int]] = {}
    orders: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for line in lines:
        entity = json.loads(line)
        kind, state = entity["class"], entity["state"]
        if kind == "Warehouse":
            balances[state["warehouse_id"]] = state["year_to_date"]
        elif kind in ("District", "NewOrders", "Order"):
            key = state["warehouse_id"], state["district_id"]
            if kind == "District":
                districts[key] = state
            elif kind == "NewOrders":
                new_orders[key] = state["order_ids"]
            else:
                orders[key].append((state["order_id"], state["line_count"], len(state["lines"])))
    if not balances or districts.keys() != new_orders.keys():
        raise UnfinishedExport("these are not all warehouses and districts of TPC-C")
    figures = [
        DistrictFigures(
            *key,
            year_to_date=state["year_to_date"],
            next_order_id=state["next_order_id"],
            last_order_id=max(order_id for order_id, _, _ in orders[key]),
            new_order_ids=new_orders[key],
            line_counts=sum(line_count for _, line_count, _ in orders[key]),
            lines=sum(lines for _, _, lines in orders[key]),
        )
        for key, state in sorted(districts.items())
    ]
    return balances, figures


def main() -> None:
    match sys.argv[1:]:
        case [url, warehouses]:
            with connect(url):
                found = violations_now(int(warehouses))
        case [export]:
            with open(export, encoding="utf-8") as lines:
                found = list(violations(*of_export(lines)))
        case _:
            sys.exit(__doc__)
    if found:
        sys.exit("\n".join(found))
    print("consistent")


if __name__ == "__main__":
    main()
