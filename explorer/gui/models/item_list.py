"""ItemList: plain values as a list model; who shows them says what each role gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ITEM_ROLE = int(Qt.ItemDataRole.UserRole)
"""The value itself, for whoever paints it."""
Index = QModelIndex | QPersistentModelIndex
T = TypeVar("T")


class ItemList(QAbstractListModel, Generic[T]):
    """The values of one list, replaced all at once. Headings among them are those that `can_choose` refuses."""

    def __init__(
        self,
        parent: QObject,
        *,
        texts: Mapping[Qt.ItemDataRole, Callable[[T], str | None]],
        can_choose: Callable[[T], bool] = lambda _item: True,
    ) -> None:
        super().__init__(parent)
        self._can_choose = can_choose
        self._texts = {int(role): text for role, text in texts.items()}
        self._items: tuple[T, ...] = ()

    @property
    def items(self) -> tuple[T, ...]:
        """What is listed."""
        return self._items

    def set_items(self, items: Sequence[T]) -> None:
        """List `items` instead."""
        self.beginResetModel()
        self._items = tuple(items)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """How many there are; none below one of them."""
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What can be chosen can be; a heading is there to be read."""
        if not index.isValid() or not self._can_choose(self._items[index.row()]):
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The value under `ITEM_ROLE`, its texts under theirs, None for any other role."""
        item = self._items[index.row()]
        if role == ITEM_ROLE:
            return item
        text = self._texts.get(int(role))
        return text(item) if text is not None else None
