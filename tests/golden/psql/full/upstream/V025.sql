[Awa's own text of V025: 3143 bytes, sha256 b241cc5921aefe57866bce2c622f533804bfe093dcc0e0b978f8d3172e5ae061]
