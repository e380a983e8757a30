[Awa's own text of V034: 9009 bytes, sha256 5925d7fd8fee96a2d7b3acb05b381d1b03f177e93d0f3337b6a6dcf2453e1fbc]
