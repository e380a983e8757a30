[Awa's own text of V029: 2016 bytes, sha256 1feea786a47717a0c915c24525efa77ca24b2d51556dc1f75f0b5bde03ad46c3]
