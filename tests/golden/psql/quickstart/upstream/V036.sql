[Awa's own text of V036: 182427 bytes, sha256 ed02a9cac46ef49804d6bb5295e3d5bb5cf3eafc39fea94408bccd7f96ba424d]
