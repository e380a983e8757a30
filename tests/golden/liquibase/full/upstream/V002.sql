[Awa's own text of V002: 1008 bytes, sha256 81d7b55baea14f6491607a8d1326b68ed8a02ddfc1353b34eb5a40afaa0b8d3e]
