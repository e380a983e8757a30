{{- define "awa-infra.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.tag }}:{{ . }}{{ end }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "awa-infra.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}-awa-migrate
{{- end }}

{{- define "awa-infra.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: migrate
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "awa-infra.container" -}}
image: {{ include "awa-infra.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ .Values.existingSecret.name }}
        key: {{ .Values.existingSecret.key }}
{{- if .Values.stackConfig }}
volumeMounts:
  - name: config
    mountPath: /etc/awa
    readOnly: true
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}
