[Awa's own text of V016: 15113 bytes, sha256 51402fb4bec8dc01079c18210c54a4c4d949f9f5f71ac9dcc7694f09c31c9fa8]
