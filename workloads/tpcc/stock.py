"""What can be ordered, and how many of it each warehouse has."""

from anabranch import entity

# In the data of a tenth of all items and stocks.
ORIGINAL = "ORIGINAL"


@entity
class Item:
    """Something that every warehouse sells. The price is in cents."""

    def __init__(self, item_id: int, image_id: int, name: str, price: int, data: str):
        self.item_id = item_id
        self.image_id = image_id
        self.name = name
        self.price = price
        self.data = data

    def __key__(self) -> int:
        return self.item_id


@entity
class Stock:
    """One item in one warehouse."""

    def __init__(
        self, warehouse_id: int, item_id: int, quantity: int, district_infos: list[str], data: str
    ):
        self.warehouse_id = warehouse_id
        self.item_id = item_id
        self.quantity = quantity
        self.district_infos: list[str] = district_infos
        self.year_to_date = 0
        self.order_count = 0
        self.remote_count = 0
        self.data = data

    def __key__(self) -> tuple[int, int]:
        return self.warehouse_id, self.item_id

    def take(self, quantity: int, warehouse_id: int, district_id: int) -> str:
        """Takes items for an order of a district, and returns what is to stand on its line."""
        if self.quantity >= quantity + 10:
            self.quantity -= quantity
        else:
            self.quantity += 91 - quantity
        self.year_to_date += quantity
        self.order_count += 1
        if warehouse_id != self.warehouse_id:
            self.remote_count += 1
        return self.district_infos[district_id - 1]
