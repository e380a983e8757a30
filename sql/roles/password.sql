-- The password of {role}, as a SCRAM verifier: nobody can log in with what stands here.
ALTER ROLE {role_name} PASSWORD {verifier}
