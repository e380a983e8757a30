-- Until the end of the transaction: what is made from here on belongs to {role}.
SET LOCAL ROLE {role_name}
