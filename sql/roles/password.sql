-- The password of {role}, as a SCRAM verifier: it cannot be used to log in.
ALTER ROLE {role_name} PASSWORD {verifier};
