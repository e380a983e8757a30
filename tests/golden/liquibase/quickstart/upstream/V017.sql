[Awa's own text of V017: 30706 bytes, sha256 63f243be07ff5a3cbbe877a0f1720c9ecd957e1b2c2ee5b3494d51451b890b41]
