{{- define "awa-infra.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.tag }}:{{ . }}{{ end }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "awa-infra.name" -}}
{{- /* Below an alias of another chart's dependency, Chart.Name is the alias: each database has a job of its own. */ -}}
{{- $last := eq .Chart.Name "awa-infra" | ternary "awa-migrate" (printf "%s-migrate" .Chart.Name) -}}
{{- $whole := printf "%s-%s" .Release.Name $last -}}
{{- if gt (len $whole) 63 -}}
{{ $whole | trunc 54 | trimSuffix "-" | trimSuffix "." }}-{{ sha256sum $whole | trunc 8 }}
{{- else -}}
{{ $whole }}
{{- end }}
{{- end }}

{{- define "awa-infra.labels" -}}
app.kubernetes.io/name: awa-infra
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: migrate
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: awa-infra-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "awa-infra.container" -}}
image: {{ include "awa-infra.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  {{- if .Values.existingSecret.name }}
  - name: DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ .Values.existingSecret.name | quote }}
        key: {{ .Values.existingSecret.key | quote }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if or .Values.stackConfig .Values.extraVolumeMounts }}
volumeMounts:
  {{- if .Values.stackConfig }}
  - name: config
    mountPath: /etc/awa
    readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}
