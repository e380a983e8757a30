[Awa's own text of V003: 261 bytes, sha256 bdd78166cfaed23aa239356fdc6c0d2ac7ba6bf43e159afedfb3fafc061f02fb]
