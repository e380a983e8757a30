[Awa's own text of V038: 152418 bytes, sha256 fa854bf5c6feee4d0e8b3b4f268ca70929c81ba36bec4d73738cdf191440f4d2]
