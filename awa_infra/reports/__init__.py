"""What a verification found, in the formats of other programs: JUnit XML, SARIF, Prometheus. Pure."""
