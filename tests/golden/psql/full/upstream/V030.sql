[Awa's own text of V030: 163416 bytes, sha256 c247f656dcd39e4fdee52df641653c5edf6412e62038e41656ffbfe327d6fe64]
