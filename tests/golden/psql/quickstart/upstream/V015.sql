[Awa's own text of V015: 776 bytes, sha256 efee06305332ff08bf05fc605e698aef17a6d7f487c02ee347d6cec9f1763cc5]
