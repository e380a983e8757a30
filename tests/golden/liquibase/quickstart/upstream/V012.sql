[Awa's own text of V012: 43107 bytes, sha256 8acc3faf21a0b101a71ac6d3198b72d0c362e2aedfd3cb57a8190db01dce6077]
