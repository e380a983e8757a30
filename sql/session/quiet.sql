-- A query for its effects: a cursor that is moved shows no rows, and needs no procedural language.
DECLARE awa_infra_quiet NO SCROLL CURSOR FOR
{query};
MOVE FORWARD ALL IN awa_infra_quiet;
CLOSE awa_infra_quiet;
