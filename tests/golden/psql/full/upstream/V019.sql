[Awa's own text of V019: 12698 bytes, sha256 30bfa60bcd075d68a8a0c27c47eed2f22f5027072e3afa4edd15019e208e3375]
